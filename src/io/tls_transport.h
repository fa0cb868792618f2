#pragma once

#include "io/stream.h"
#include "io/tcp_stream.h"

#include <openssl/types.h>

#include <memory>
#include <string>

namespace yatagarasu::io {

// What OpenSSL reads and writes: a TCP stream, by its own attempts, so that the stream learns what
// they found (a read that gets less than it asked for is known to have emptied the socket) and
// records that leave together are told so.
class TlsTransport {
 public:
  explicit TlsTransport(std::unique_ptr<TcpStream> stream) : stream_(std::move(stream)) {}
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  // Makes this what `session` reads and writes; this outlives it.
  void attach(SSL* session);

  TcpStream& stream() { return *stream_; }
  const TcpStream& stream() const { return *stream_; }

  // Of the writes to come.
  void set_more(More more) { more_ = more; }
  bool has_ended() const { return has_ended_; }
  // The socket's own failure; empty where it has none.
  std::string failure() const { return has_failed_ ? stream_->last_error() : std::string(); }

  // OpenSSL's side, in its terms: bytes moved, else 0 or less.
  int read(BIO* bio, char* bytes, int size);
  int write(BIO* bio, const char* bytes, int size);

 private:
  int came_to_nothing(BIO* bio, IoStatus status);

  std::unique_ptr<TcpStream> stream_;
  More more_ = More::kNo;
  bool has_ended_ = false;
  bool has_failed_ = false;
};

}  // namespace yatagarasu::io
