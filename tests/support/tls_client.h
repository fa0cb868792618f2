#pragma once

#include "support/certificates.h"

#include <openssl/ssl.h>
#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace yatagarasu::support {

struct SessionDeleter {
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using SessionHandle = std::unique_ptr<SSL_SESSION, SessionDeleter>;

// A blocking client of TLS, on OpenSSL alone, for what the project's own client does not do: show
// a certificate, choose versions and protocols, look at sessions.
class TlsClient {
 public:
  struct Options {
    int version = TLS1_3_VERSION;
    std::string protocols{};  // For ALPN, each behind its length.
    std::string server_name = "localhost";
    const Identity* identity = nullptr;
    SSL_SESSION* session = nullptr;
  };

  // Connects to the port of the loopback address and does the handshake.
  TlsClient(std::uint16_t port, const Options& options);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient();

  bool is_connected() const { return is_connected_; }
  bool is_resumed() const { return SSL_session_reused(ssl_) == 1; }
  std::string protocol() const;
  // The first DNS name of the certificate that was shown.
  std::string certificate_name() const;
  // To be taken up again; with 1.3 after something has been read.
  SessionHandle session() const { return SessionHandle(SSL_get1_session(ssl_)); }

  void send(std::string_view bytes);
  // Exactly so many, or fewer where the peer ends or a read fails.
  std::string read(std::size_t bytes);
  std::string read_to_end();
  // Leaves with a reset instead of an orderly end.
  void reset();

 private:
  SSL_CTX* context_;
  SSL* ssl_;
  int socket_;
  bool is_connected_ = false;
};

}  // namespace yatagarasu::support
