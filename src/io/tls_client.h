#pragma once

#include "core/result.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_handle.h"

#include <openssl/ssl.h>
#include <openssl/types.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace yatagarasu::io {

enum class VerifyPeer : bool { kNo, kYes };

struct TlsClientOptions {
  std::string ca_file;  // PEM; empty = the system's authorities.
  VerifyPeer verify = VerifyPeer::kYes;
};

// How outgoing connections speak TLS: 1.2 or newer, HTTP/1.1 by ALPN, whom they trust, and the
// last session of each server, so that a further connection needs no full handshake.
//
// Threading: shared by all loops.
class TlsClientContext {
 public:
  // kConfiguration when the authorities cannot be loaded.
  static core::Result<std::unique_ptr<TlsClientContext>> create(const TlsClientOptions& options);
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;

  // A connection's state, ready to connect to `server_name` (a host name or an IP literal), whose
  // certificate must be valid for that name.
  core::Result<SslHandle> prepare(std::string_view server_name) const;

 private:
  explicit TlsClientContext(SslContextHandle context);
  static int on_new_session(SSL* ssl, SSL_SESSION* session);

  static constexpr std::size_t kMaxSessions = 64;  // Servers.

  SslContextHandle context_;
  mutable std::mutex mutex_;  // Held for a look-up only.
  mutable std::map<std::string, SslSessionHandle, std::less<>> sessions_;
};

// Does the TLS handshake on a connected stream. Errors have the code kOriginUnreachable, or
// kOriginTimeout when the deadline passes, and a detail that begins with "tls: " and says what is
// wrong with the certificate, if that is it. `context` outlives the stream.
Task<core::Result<std::unique_ptr<Stream>>> tls_connect(std::unique_ptr<TcpStream> transport,
                                                        const TlsClientContext& context,
                                                        std::string_view server_name,
                                                        TimePoint deadline);

}  // namespace yatagarasu::io
