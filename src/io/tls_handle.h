#pragma once

#include <openssl/ssl.h>
#include <openssl/types.h>

#include <memory>

namespace yatagarasu::io {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using SslContextHandle = std::unique_ptr<SSL_CTX, SslContextDeleter>;

struct SslDeleter {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using SslHandle = std::unique_ptr<SSL, SslDeleter>;

struct SslSessionDeleter {
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using SslSessionHandle = std::unique_ptr<SSL_SESSION, SslSessionDeleter>;

}  // namespace yatagarasu::io
