#pragma once

#include "core/cidr.h"
#include "http/codec/h1_request_parser.h"
#include "http/message.h"
#include "io/input_buffer.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/timer_wheel.h"
#include "server/body_reader.h"
#include "server/connection_stats.h"
#include "server/handler.h"
#include "server/http2_abuses.h"
#include "server/http2_connection.h"
#include "server/options.h"
#include "server/response_writer.h"

#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::server {

// One HTTP/1 connection: request after request, each answered before the next is looked at.
//
//   idle --first byte--> head --complete--> (body dropped) --> handled --> answer written --> idle
//
// Where options allow it, a client that begins with HTTP/2's preface is served that instead.
//
// An idle connection owns no buffer. While a request is handled the client is looked at now and
// then: one that has gone cancels the work done for it.
//
// Threading: its loop. run() is spawned by the owner on cancel_slot(), and the connection is
// destroyed when it ends.
class Connection {
 public:
  Connection(io::Loop& loop, std::unique_ptr<io::Stream> stream, core::IpAddress peer,
             Handler& handler, const Options& options, ConnectionStats& stats,
             Http2AbuseLog& abuses);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  io::Task<void> run();
  // Instead of run(), where it is known that the client speaks HTTP/2.
  io::Task<void> run_http2();
  // Instead of run(), for a client that speaks plain HTTP where TLS is spoken: says so, readably.
  io::Task<void> refuse_plain_http();

  // Ends an idle connection now and a busy one after its answer.
  void drain();
  // Ends it whatever it is doing.
  void cut();
  // Its last answer is written; only the client's end is waited for.
  bool is_answered() const { return http2_ ? http2_->is_answered() : is_answered_; }
  io::asio::cancellation_slot cancel_slot() { return cancel_.slot(); }

 private:
  enum class Next : std::uint8_t {
    kGoOn,    // Another request may follow.
    kClose,   // Nothing more can be said.
    kLinger,  // Close, but so that the client can read what was said.
    kReset,   // Close, so that the client knows that something is missing.
  };
  // Where a request's body ended.
  struct BodyEnd {
    Next next = Next::kGoOn;  // kGoOn: dropped, handle the request. kLinger: handle it, then close.
    bool is_answered = false;  // The body was refused; `next` is the end of it.
    std::size_t in_input = 0;  // Bytes of the body that are in input_, behind the head.
    std::string behind;        // Bytes of the next request, read behind the body.
  };

  // One request being worked on. Its addresses hold while it is.
  struct Work {
    http::RequestHead head;
    http::ParseProgress progress = http::ParseProgress::kNeedMore;
    std::string body{};                // As far as it is kept.
    std::optional<Request> request{};  // Once its body is dealt with.
    Handled handled{};
    std::optional<ResponseWriter> writer{};  // Once it writes.
  };

  bool may_be_http2();
  // Whether the first bytes are HTTP/2's preface; waits for as many as it takes to tell.
  io::Task<bool> begins_http2();
  void count_request();
  bool receive();
  // As much of a request as needs no waiting: all of it, where the head is there, the answer at
  // hand and the client takes it. Else what is left is for serve().
  std::optional<Next> try_serve(Work& work);
  io::Task<Next> serve(std::unique_ptr<Work> work);
  // Hands a request whose body is dealt with to the handler.
  void begin(Work& work);
  // `progress`: the parser's, on what has been read so far.
  io::Task<Next> read_head(http::RequestHead& head, http::ParseProgress progress);
  // `status`: what the reader said to begin with, anything but kDone.
  io::Task<BodyEnd> take_body(const http::RequestHead& head, BodyReader& reader,
                              BodyReader::Status status);
  io::Task<bool> ask_for_body();
  // Reads on until the body has ended, one way or the other.
  io::Task<BodyReader::Status> read_body(BodyReader& reader, BodyEnd& end, http::Method method);
  // `method`: of the request, as far as it is known; HEAD's answers have no body.
  io::Task<Next> refuse(int status, std::string_view reason,
                        http::Method method = http::Method::kOther);
  io::Task<Next> send_refusal(Response& response, http::Method method);
  io::Task<Next> answer(Response& response, ResponseWriter& writer);
  WriteOptions write_options(const http::RequestHead& head, Next after) const;
  static Next next_after(const Written& written);
  io::Task<void> close(Next how);

  static void on_watch(void* self);

  io::Loop& loop_;
  std::unique_ptr<io::Stream> stream_;
  core::IpAddress peer_;
  Handler& handler_;
  const Options& options_;
  ConnectionStats& stats_;
  Http2AbuseLog& abuses_;
  std::unique_ptr<Http2Connection> http2_;  // Once the client speaks it; has the stream then.

  io::InputBuffer input_;
  http::H1RequestParser parser_;
  io::TimePoint started_{};           // First byte of the current request.
  io::TimePoint request_deadline_{};  // The current request's (timeouts.request).
  bool is_idle_ = false;
  bool is_new_ = true;       // No request has begun.
  bool is_counted_ = false;  // By what it speaks.
  bool is_active_ = false;
  bool is_answering_ = false;  // The current request's answer has begun to be written.
  bool is_draining_ = false;
  bool is_answered_ = false;
  io::asio::cancellation_signal cancel_;
  io::TimerWheel::Timer watch_;
};

}  // namespace yatagarasu::server
