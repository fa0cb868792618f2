#include "io/tls_client.h"

#include "core/result.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_handle.h"
#include "io/tls_policy.h"
#include "io/tls_stream.h"

#include <boost/asio/ip/address.hpp>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/types.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::io {
namespace {

using core::ErrorCode;

// ALPN protocol names, each behind its length (RFC 7301).
constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

struct OpensslStringDeleter {
  void operator()(char* text) const noexcept { OPENSSL_free(text); }
};

// The name that the session's certificate was checked for.
std::string checked_name(SSL* ssl) {
  X509_VERIFY_PARAM* const checks = SSL_get0_param(ssl);
  if (const char* const host = X509_VERIFY_PARAM_get0_host(checks, 0)) return host;
  const std::unique_ptr<char, OpensslStringDeleter> address(X509_VERIFY_PARAM_get1_ip_asc(checks));
  return address ? address.get() : "";
}

core::Result<void> load_authorities(SSL_CTX* context, const TlsClientOptions& options) {
  if (options.verify == VerifyPeer::kNo) return {};
  if (options.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
    return core::failure(ErrorCode::kConfiguration,
                         "tls: the system's authorities cannot be loaded");
  }
  if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) == 1) return {};
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  std::string detail = "tls: cannot load authorities from " + options.ca_file;
  if (reason != nullptr) detail += std::string(": ") + reason;
  ERR_clear_error();
  return core::failure(ErrorCode::kConfiguration, std::move(detail));
}

// SNI holds names only (RFC 6066 §3).
bool set_server_name(SSL* ssl, const std::string& name) {
  boost::system::error_code is_no_address;
  asio::ip::make_address(name, is_no_address);
  if (!is_no_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

}  // namespace

TlsClientContext::TlsClientContext(SslContextHandle context) : context_(std::move(context)) {
  SSL_CTX* const ssl = context_.get();
  SSL_CTX_set_app_data(ssl, this);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ssl, &TlsClientContext::on_new_session);
}

core::Result<std::unique_ptr<TlsClientContext>> TlsClientContext::create(
    const TlsClientOptions& options) {
  SslContextHandle context(SSL_CTX_new(TLS_client_method()));
  if (!context) throw std::bad_alloc();
  SSL_CTX* const ssl = context.get();
  apply_tls_policy(ssl);
  SSL_CTX_set_alpn_protos(ssl, kHttp11.data(), kHttp11.size());
  SSL_CTX_set_verify(ssl, options.verify == VerifyPeer::kYes ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     nullptr);
  if (auto loaded = load_authorities(ssl, options); !loaded) {
    return std::unexpected(std::move(loaded.error()));
  }
  return std::unique_ptr<TlsClientContext>(new TlsClientContext(std::move(context)));
}

core::Result<SslHandle> TlsClientContext::prepare(std::string_view server_name) const {
  std::string name(server_name);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  SslHandle ssl(SSL_new(context_.get()));
  if (!ssl || !set_server_name(ssl.get(), name)) {
    ERR_clear_error();
    return core::failure(ErrorCode::kOriginUnreachable, "tls: cannot connect to the name " + name);
  }
  SSL_set_connect_state(ssl.get());
  const std::string key = checked_name(ssl.get());
  const std::lock_guard lock(mutex_);
  const auto session = sessions_.find(key);
  if (session != sessions_.end()) SSL_set_session(ssl.get(), session->second.get());
  return ssl;
}

int TlsClientContext::on_new_session(SSL* ssl, SSL_SESSION* session) {
  const auto* const context =
      static_cast<const TlsClientContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const std::string key = checked_name(ssl);
  const std::lock_guard lock(context->mutex_);
  if (context->sessions_.size() >= kMaxSessions && !context->sessions_.contains(key)) return 0;
  context->sessions_[key].reset(session);
  return 1;  // The reference is ours now.
}

Task<core::Result<std::unique_ptr<Stream>>> tls_connect(std::unique_ptr<TcpStream> transport,
                                                        const TlsClientContext& context,
                                                        std::string_view server_name,
                                                        TimePoint deadline) {
  core::Result<SslHandle> session = context.prepare(server_name);
  if (!session) co_return std::unexpected(std::move(session.error()));
  auto stream = std::make_unique<TlsStream>(std::move(transport), std::move(*session));
  const core::Result<void> done = co_await stream->handshake(deadline);
  if (!done) co_return std::unexpected(done.error());
  co_return std::move(stream);
}

}  // namespace yatagarasu::io
