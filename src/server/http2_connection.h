#pragma once

#include "core/cidr.h"
#include "http/codec/h2_abuse.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_session.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/timer_wheel.h"
#include "server/connection_stats.h"
#include "server/handler.h"
#include "server/http2_abuses.h"
#include "server/http2_progress.h"
#include "server/options.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace yatagarasu::server {

// One HTTP/2 connection. One task reads, has requests handled and writes all that came of it in one
// go; an answer that has to wait, and a body that is streamed, have tasks of their own, which wake
// that one.
//
//   read → requests → answers, pieces of bodies → one batch of frames → written → read ...
//
// Nothing is read while a batch is being written, so that a client that does not read cannot make
// the answers to its frames pile up. A stream's next piece, at most 64 KiB, is pulled once the last
// one is written and while its windows are open.
//
// Threading: its loop. The owner awaits run() and destroys the connection afterwards.
class Http2Connection final : private http::H2Bodies {
 public:
  Http2Connection(io::Loop& loop, std::unique_ptr<io::Stream> stream, core::IpAddress peer,
                  Handler& handler, const Options& options, ConnectionStats& stats,
                  Http2AbuseLog& abuses);
  ~Http2Connection() override;

  // `received`: what has been read already, of the preface or more.
  io::Task<void> run(std::string_view received);

  // Says GOAWAY: streams that are open are answered, then the connection ends.
  void drain();
  // Ends it whatever it is doing.
  void cut();
  // Only the client's end is waited for.
  bool is_answered() const { return is_answered_; }

 private:
  class Stream;

  enum class End : std::uint8_t {
    kOrderly,  // GOAWAY is said, or the client is done.
    kGone,     // Nothing more can be said.
    kReset,    // The client must know that something is missing.
  };

  io::Task<End> serve(std::string_view received);
  // Empty: it goes on.
  std::optional<End> end_after_batch(io::WaitStatus written);
  std::optional<End> end_after_wait(io::WaitStatus waited);
  End reads_too_slowly();
  void act();
  void start(http::H2Slot slot);
  io::Task<void> run_stream(Stream& stream);
  void on_task_end(Stream& stream);
  void answer(Stream& stream);
  void on_batch_written();
  void on_closed(http::H2Slot slot);
  void release(Stream& stream);
  // False when the connection is of no use any more.
  bool receive();
  // Writes as much of the batch as needs no waiting.
  io::IoStatus try_write();
  io::Task<io::WaitStatus> write_rest();
  bool is_idle() const;
  io::TimePoint idle_deadline() const;
  void wake();
  void note(http::H2Abuse abuse) { abuses_.note(abuse, peer_); }
  void note_end();
  io::Task<void> close(End how);

  static void on_tick(void* self);
  void check_client(io::TimePoint now);
  void check_punctuality(io::TimePoint now);
  void check_windows(io::TimePoint now);

  Offer offer(http::H2Slot slot, std::size_t most) noexcept override;
  void append(http::H2Slot slot, std::size_t bytes, http::H2Output& output) noexcept override;

  io::Loop& loop_;
  std::unique_ptr<io::Stream> stream_;
  core::IpAddress peer_;
  Handler& handler_;
  const Options& options_;
  ConnectionStats& stats_;
  Http2AbuseLog& abuses_;

  io::TimePoint began_;
  http::H2Session session_;
  http::H2Output output_;
  std::uint64_t written_ = 0;                     // Of all output.
  std::vector<std::unique_ptr<Stream>> streams_;  // By slot; null where none has been yet.
  std::vector<Stream*> in_batch_;  // Whose piece is packed to its end, but not written.
  Http2Progress progress_;         // Of all streams.
  Http2Intake intake_;
  std::size_t running_ = 0;  // Streams started and not released.
  io::TimePoint now_;        // As of the last bytes or the last tick: exact enough for time-outs.
  io::TimePoint idle_since_;
  bool is_waiting_ = false;  // For the client to say something.
  // What had come when the last batch was written is taken in: before that, what seems to be
  // missing may be in the kernel.
  bool is_heard_out_ = false;
  bool is_woken_ = false;
  bool is_cut_ = false;
  bool is_answered_ = false;
  std::exception_ptr failure_;  // Of a stream's task.
  bool is_ticking_ = false;
  io::TimerWheel::Timer tick_;
  io::TaskGroup tasks_;  // Last: its tasks use every member above.
};

}  // namespace yatagarasu::server
