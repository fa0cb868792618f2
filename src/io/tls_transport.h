#pragma once

#include "io/stream.h"
#include "io/tcp_stream.h"

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace yatagarasu::io {

// What OpenSSL reads and writes: a TCP stream, by its own attempts, so that the stream learns what
// they found (a read that gets less than it asked for has emptied the socket), and what can leave
// together does: the messages of a handshake's step, its last ones and the first answer.
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
  // From here on writes are kept, which always succeeds, until release(); they leave with the next
  // write, or by flush().
  void hold() { is_holding_ = true; }
  void release() { is_holding_ = false; }
  // Sends what is kept: kOk, kWantWrite or kFailed.
  IoStatus flush();

  bool has_ended() const { return has_ended_; }
  // The socket's own failure; empty where it has none.
  std::string failure() const { return has_failed_ ? stream_->last_error() : std::string(); }

  // OpenSSL's side, in its terms: bytes moved, else 0 or less.
  int read(BIO* bio, char* bytes, int size);
  int write(BIO* bio, const char* bytes, int size);

 private:
  void drop_held(std::size_t bytes);
  int came_to_nothing(BIO* bio, IoStatus status);

  std::unique_ptr<TcpStream> stream_;
  std::string held_;
  More more_ = More::kNo;
  bool is_holding_ = false;
  bool is_emptied_ = false;  // The last read took all there was.
  bool has_ended_ = false;
  bool has_failed_ = false;
};

}  // namespace yatagarasu::io
