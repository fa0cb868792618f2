#pragma once

#include "core/result.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_handle.h"
#include "io/tls_transport.h"
#include "io/turn_queue.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::io {

// A TLS session over a TCP connection. The peer's end without its close_notify is a failure, not
// an orderly end: somebody may have cut the connection.
class TlsStream final : public Stream {
 public:
  // Takes over a session whose role and verification are set up; handshake() comes first.
  // `context` is what the session's callbacks refer to, and lives as long as the stream.
  TlsStream(std::unique_ptr<TcpStream> transport, SslHandle session,
            std::shared_ptr<const void> context = nullptr);
  ~TlsStream() override;

  // Does the handshake, each of its steps in a turn of its own where there is a queue for them.
  // kOriginUnreachable when it fails, kOriginTimeout when the deadline passes, with a detail that
  // begins with "tls: " and says what is wrong with the peer's certificate, if that is it.
  Task<core::Result<void>> handshake(TimePoint deadline, TurnQueue* turns = nullptr);

  IoResult try_read(std::span<char> buffer) override;
  IoResult try_write(std::span<const iovec> parts, More more) override;
  Task<WaitStatus> wait(Want want, TimePoint deadline) override;
  void interrupt() override { transport_.stream().interrupt(); }
  bool peer_has_left() const override { return transport_.stream().peer_has_left(); }
  std::size_t in_transit() const override { return transport_.stream().in_transit(); }
  void shutdown_write() override;
  void close() override;
  void abort() override;
  int plain_descriptor() const override { return -1; }
  std::string last_error() const override { return failure_; }
  std::string_view application_protocol() const override;
  std::string_view peer_subject() const override { return peer_subject_; }

 private:
  IoStatus try_handshake();
  std::string handshake_failure() const;
  IoResult finish(int result, std::size_t bytes);
  std::string describe_failure() const;
  void send_close_notify();

  std::shared_ptr<const void> context_;
  TlsTransport transport_;
  SslHandle session_;
  std::string peer_subject_;
  bool is_open_ = true;        // May be read and written: neither closed nor failed.
  bool may_hold_data_ = true;  // OpenSSL may have received bytes that no read has asked for.
  std::string failure_;
};

}  // namespace yatagarasu::io
