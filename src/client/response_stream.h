#pragma once

#include "client/connection_pool.h"
#include "core/result.h"
#include "http/codec/chunked_decoder.h"
#include "http/codec/h1_response_parser.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "io/input_buffer.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::client {

// Whether the method lets the response have a body (RFC 9110 §9.3.2: HEAD does not).
enum class ResponseBody : bool { kNone, kExpected };

// One response: its head, and its body as it arrives.
//
// Owns the connection until the last byte of the body has been received, then gives it back to
// the pool if both sides keep it alive and nothing follows the body; in every other case the
// connection is closed, at the latest with this.
//
// The body's errors: kOriginUnreachable when it is cut short, kOriginTimeout when it stalls,
// kOriginMalformed when its chunked coding is broken.
//
// Threading: the origin's loop. Lifetime: the origin outlives it.
class ResponseStream final : public io::ByteSource {
 public:
  struct Options {
    ResponseBody body = ResponseBody::kExpected;
    io::Duration stall{};                 // Zero: none.
    io::TimePoint deadline = io::kNever;  // Of the whole response.
  };

  // Made by Origin, which completes the head before it hands the stream out.
  ResponseStream(io::Loop& loop, ConnectionPool::Lease connection, const Options& options);

  // The views in it are valid until next() or raw() is called for the first time. Of a response
  // to HEAD its content_length is the announced one.
  const http::ResponseHead& head() const { return head_; }
  // Whether the body ends with the connection, so that one that is cut may look whole.
  bool ends_by_close() const { return framing_ == Framing::kUntilClose; }
  // From now on the body may take as long as it does not stall: it is not for one request alone.
  void lift_deadline() { options_.deadline = io::kNever; }
  // How long the body is: 0 where there can be none; empty when only its end will tell.
  std::optional<std::uint64_t> length() const;

  io::Task<core::Result<std::string_view>> next() override;
  std::string_view ready() override;
  std::optional<io::RawBytes> raw() override;
  void raw_taken(std::uint64_t bytes) override;

  // For Origin: sends `unsent`, which it shortens, and receives the head, as far as that goes
  // without waiting. 1xx heads are skipped.
  enum class Progress : std::uint8_t { kComplete, kWantRead, kWantWrite };
  core::Result<Progress> advance(std::string_view& unsent);
  // For Origin: whether a failed exchange says that a pooled connection had died, or was about
  // to, before this request.
  bool is_stale_connection() const;
  ConnectionPool::Lease take_connection() { return std::move(connection_); }
  io::Stream& stream() { return *connection_.stream(); }

 private:
  enum class Framing : std::uint8_t { kLength, kChunked, kUntilClose };

  core::Result<Progress> receive_head();
  core::Result<bool> parse_head();  // Whether it is complete.
  core::Result<Progress> begin_body();

  // Body bytes at hand; empty when there are none.
  core::Result<std::string_view> take_buffered();
  core::Result<std::string_view> take_chunked();
  // Takes in what an attempt to read the body yielded.
  std::optional<core::Error> received(io::IoResult read);
  bool is_ended() const;
  void end_if_all_received();
  enum class Reusable : bool { kNo, kYes };
  void release_connection(Reusable reusable);
  std::string progress_text() const;
  core::Error cut(std::string_view how) const;
  core::Error stalled();

  ConnectionPool::Lease connection_;  // Empty once the body has been received, or has failed.
  Options options_;
  io::InputBuffer input_;
  http::H1ResponseParser parser_;
  http::ResponseHead head_;
  unsigned interim_heads_ = 0;
  bool has_received_ = false;
  bool is_given_up_ = false;  // The server answered that it closes an idle connection.

  Framing framing_ = Framing::kLength;
  bool is_end_seen_ = false;      // kChunked and kUntilClose.
  std::uint64_t left_ = 0;        // kLength: bytes not handed out yet.
  std::uint64_t handed_out_ = 0;  // Bytes of the body.
  http::ChunkedDecoder chunked_;
};

}  // namespace yatagarasu::client
