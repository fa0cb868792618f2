#pragma once

#include "http/message.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "server/handler.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

namespace yatagarasu::server {

// How the answer is written on an HTTP/1 connection.
struct WriteOptions {
  http::Method method = http::Method::kGet;  // HEAD has no body, whatever the response says.
  int version_minor = 1;
  bool keep_alive = true;  // As far as the connection is concerned; response.close overrules it.
  io::Duration write_stall{};
};

// What has become of it so far.
struct Written {
  ResponseObserver::Outcome outcome = ResponseObserver::Outcome::kClientGone;
  std::uint64_t body_bytes = 0;
  bool keep_alive = false;     // The connection can carry another request.
  bool ends_by_close = false;  // Only a reset tells the client that the body is not whole.
};

// Writes one response on an HTTP/1 connection (RFC 9112): head and the first bytes of the body
// in one gather-write, the rest as the source yields it, by splice(2) where both sides allow it.
//
// A body that ends early or late is never ended as if it were whole: the connection is then
// unusable and `keep_alive` false; the caller closes it.
class ResponseWriter {
 public:
  ResponseWriter(io::Loop& loop, io::Stream& stream, WriteOptions options)
      : loop_(loop), stream_(stream), options_(options) {}

  // Writes as much as needs no waiting; true when that is the end of it, else write() goes on. At
  // most once.
  bool try_write(const Response& response);
  io::Task<void> write(Response& response);

  // Right at any time, also when write() was cancelled.
  const Written& written() const { return written_; }

 private:
  enum class Framing : std::uint8_t { kNone, kLength, kChunked, kClose };

  void begin(const Response& response);
  void make_head(const Response& response);
  // What is left of the head and of a body at hand.
  std::span<iovec> gather(const Response& response, std::span<iovec> parts) const;
  void add_sent(std::size_t bytes);
  bool is_all_sent() const;
  io::More after_the_rest() const;
  bool try_write_rest(const Response& response);
  io::Task<void> write_rest(const Response& response);
  io::Task<void> write_stream(io::ByteSource& source, ResponseObserver* observer);
  io::Task<bool> write_piece(std::string_view head, std::string_view piece);
  io::Task<bool> write_raw(io::ByteSource& source);
  void end_whole();
  void cut_by_origin() { written_.outcome = ResponseObserver::Outcome::kOriginCut; }

  io::Loop& loop_;
  io::Stream& stream_;
  bool has_begun_ = false;
  std::string head_;
  std::size_t head_sent_ = 0;
  WriteOptions options_;
  Framing framing_ = Framing::kNone;
  std::uint64_t length_ = 0;  // Promised; meaningful with kLength.
  Written written_;
};

}  // namespace yatagarasu::server
