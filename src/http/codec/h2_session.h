#pragma once

#include "http/codec/h2_abuse.h"
#include "http/codec/h2_flood_guard.h"
#include "http/codec/h2_frame_walker.h"
#include "http/codec/h2_head_packer.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_request.h"
#include "http/codec/h2_stream_ids.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

struct nghttp2_session;

namespace yatagarasu::http {

// The connection preface (RFC 9113 §3.4).
inline constexpr std::string_view kH2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 9113 §7, those that a server says by itself.
enum class H2Error : std::uint8_t {
  kNone = 0x0,
  kProtocol = 0x1,
  kInternal = 0x2,
  kSettingsTimeout = 0x4,
  kStreamClosed = 0x5,
  kCancel = 0x8,
  kEnhanceYourCalm = 0xb,
};

// Names one stream of a session as long as it is not released, from 0 up, for use as an index.
using H2Slot = std::size_t;

// Where a session gets the bodies of answers, and when: as far as windows and priorities let it.
// Called from within H2Session::pull() alone.
class H2Bodies {
 public:
  enum class Then : std::uint8_t {
    kMore,  // More comes behind it, or may.
    kEnd,   // With it the body ends.
    kWait,  // Nothing now; H2Session::resume() says when.
    kCut,   // The body cannot be had to its end: the stream is reset.
  };
  struct Offer {
    std::size_t bytes = 0;  // At most what was asked for.
    Then then = Then::kWait;
  };

  virtual ~H2Bodies() = default;
  H2Bodies(const H2Bodies&) = delete;
  H2Bodies& operator=(const H2Bodies&) = delete;

  virtual Offer offer(H2Slot slot, std::size_t most) noexcept = 0;
  // Appends so many bytes, which have just been offered.
  virtual void append(H2Slot slot, std::size_t bytes, H2Output& output) noexcept = 0;

 protected:
  H2Bodies() = default;
};

// Slots in the order in which something happened to them.
class H2SlotQueue {
 public:
  void push(H2Slot slot) { slots_.push_back(slot); }
  std::optional<H2Slot> pop() {
    if (next_ == slots_.size()) return std::nullopt;
    const H2Slot slot = slots_[next_++];
    if (next_ == slots_.size()) {
      slots_.clear();
      next_ = 0;
    }
    return slot;
  }

 private:
  std::vector<H2Slot> slots_;
  std::size_t next_ = 0;
};

// A server's side of one HTTP/2 connection (RFC 9113), by nghttp2.
//
// Sans-I/O: bytes go in by receive() and leave by pull(). What happened in between is asked for
// afterwards: requests that can be answered, answers that are packed whole, streams that closed.
// A client that breaks the rules of the connection, or floods it, is told so by GOAWAY; is_over()
// is true once that is packed.
//
// A slot belongs to whoever took it by next_request(), until next_closed() names it and release()
// gives it back; its request stays as it is meanwhile.
class H2Session {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Streams that a client may have open. What browsers and proxies ask for, and few enough that
  // what they hold, 64 KiB each at most, stays small.
  static constexpr std::size_t kMaxStreams = 100;

  H2Session(const H2RequestLimits& limits, H2Bodies& bodies, TimePoint now);
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;
  ~H2Session();

  // For what comes from now on. What the client was told at the beginning stays.
  void set_limits(const H2RequestLimits& limits) { limits_ = limits; }

  // The client's bytes from the preface on.
  void receive(std::string_view bytes, TimePoint now);

  // The next request to be answered, or refused where its failure() says so; each once, and none
  // that the client has reset meanwhile.
  std::optional<H2Slot> next_request();
  // The next slot of whose answer the head is packed, where there is more behind it.
  std::optional<H2Slot> next_begun();
  // The next slot whose answer is packed whole.
  std::optional<H2Slot> next_sent();
  // The next slot whose stream is over, however it ended.
  std::optional<H2Slot> next_closed();
  void release(H2Slot slot);

  const H2Request& request(H2Slot slot) const { return streams_[slot]->request; }
  // Whether the stream can still be answered.
  bool is_open(H2Slot slot) const { return streams_[slot]->is_open; }
  // Whether a byte of its body could be sent now.
  bool has_window(H2Slot slot) const;
  // As far as the stream's own window goes, without the connection's.
  bool has_own_window(H2Slot slot) const;
  // Whether a window may have been opened since this was last asked.
  bool windows_moved() { return std::exchange(windows_moved_, false); }

  // Does nothing when the stream has closed meanwhile, as do the two below.
  void respond(H2Slot slot, const H2Answer& answer);
  // Its body has more to offer.
  void resume(H2Slot slot);
  void reset(H2Slot slot, H2Error why);

  // Requests begun before `then` whose body has not ended are refused with 408; those begun before
  // `answered` that have their answer are reset, without an error: the rest is not wanted.
  void expire_bodies(TimePoint then, TimePoint answered);
  // Since when a frame or a header block is unfinished.
  std::optional<TimePoint> unfinished_since() const;
  bool are_settings_acked() const { return are_settings_acked_; }

  // Packs frames until there are none, or about `budget` bytes are in the output. True when more
  // are ready.
  bool pull(H2Output& output, std::size_t budget);

  // No further streams: GOAWAY with the last one taken.
  void go_away();
  // Nothing at all any more: GOAWAY, then over.
  void end(H2Error why);
  void end(H2Abuse abuse, H2Error why = H2Error::kEnhanceYourCalm);
  // Once everything is packed: nothing is to be said or heard any more.
  bool is_over() const;
  std::size_t open_streams() const { return open_streams_; }
  // What the connection was ended for.
  std::optional<H2Abuse> abuse() const { return abuse_; }

 private:
  struct Callbacks;  // What nghttp2 calls.
  struct Stream {
    H2Request request;
    std::int32_t id = 0;
    H2Slot slot = 0;
    bool is_open = false;
    bool is_taken = false;   // Handed out by next_request().
    bool is_queued = false;  // In requests_.
    std::optional<H2Answer> answer{};
    bool owes_continue = false;  // 100 (Continue) is to be packed, before the answer.
    bool is_sent = false;        // END_STREAM is packed.
  };

  void submit_settings();
  void feed(std::string_view bytes);
  // Whether the frame goes on to nghttp2.
  bool admit(const H2FrameHead& frame);
  bool admit_on_past_stream(const H2FrameHead& frame);
  // nghttp2 skips PRIORITY where there is no tree, whatever is in it.
  void check_priority(std::string_view payload);
  // Of the current header block.
  void note_decoded(std::size_t bytes);
  Stream* take_free(std::int32_t id);
  Stream* find(std::int32_t id);  // Null: nghttp2 knows none, or it was never taken in.
  void queue_if_ready(Stream& stream);
  void close(Stream& stream);
  // 100 (Continue), to a client that waits for it.
  void respond_continue(Stream& stream);
  void pack_head(Stream& stream, bool ends_stream);

  H2RequestLimits limits_;
  H2Bodies& bodies_;
  TimePoint now_;
  nghttp2_session* session_ = nullptr;

  std::size_t preface_left_ = kH2Preface.size();
  H2FrameWalker walker_;
  H2FloodGuard guard_;
  H2StreamIds ids_;
  std::uint64_t dependency_ = 0;   // Of the current PRIORITY frame, as far as it has come.
  std::size_t continuations_ = 0;  // Of the current header block.
  std::uint64_t block_bytes_ = 0;  // Decoded, of the current header block.
  bool is_in_block_ = false;
  TimePoint unfinished_since_{};

  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<H2Slot> free_;
  H2SlotQueue requests_;
  H2SlotQueue begun_;
  H2SlotQueue sent_;
  H2SlotQueue closed_;
  std::size_t open_streams_ = 0;
  Stream* latest_ = nullptr;  // That find() has found: it is asked for often, one after the other.

  // nghttp2 decides when which head leaves; what it says is packed here.
  H2HeadPacker heads_;
  H2Output* output_ = nullptr;  // Of the current pull(), like its budget.
  std::size_t budget_ = 0;
  std::optional<H2Abuse> abuse_;
  bool is_ended_ = false;   // By end(): nothing is taken in any more.
  bool is_broken_ = false;  // Not even GOAWAY can be sent.
  bool is_going_away_ = false;
  bool are_settings_acked_ = false;
  bool windows_moved_ = false;
};

}  // namespace yatagarasu::http
