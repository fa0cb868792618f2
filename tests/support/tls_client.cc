#include "support/tls_client.h"

#include <openssl/ssl.h>
#include <openssl/types.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace yatagarasu::support {

TlsClient::TlsClient(std::uint16_t port, const Options& options)
    : context_(SSL_CTX_new(TLS_client_method())), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  SSL_CTX_set_min_proto_version(context_, options.version);
  SSL_CTX_set_max_proto_version(context_, options.version);
  if (options.identity != nullptr) {
    SSL_CTX_use_certificate(context_, options.identity->certificate.get());
    SSL_CTX_use_PrivateKey(context_, options.identity->key.get());
  }
  ssl_ = SSL_new(context_);
  SSL_set_tlsext_host_name(ssl_, options.server_name.c_str());
  SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(options.protocols.data()),
                      static_cast<unsigned>(options.protocols.size()));
  if (options.session != nullptr) SSL_set_session(ssl_, options.session);

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{.tv_sec = 20, .tv_usec = 0};  // A hang fails the test instead of stopping it.
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  SSL_set_fd(ssl_, socket_);
  is_connected_ =
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      SSL_connect(ssl_) == 1;
}

TlsClient::~TlsClient() {
  if (is_connected_) SSL_shutdown(ssl_);
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(socket_);
}

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsClient::certificate_name() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_);
  if (certificate == nullptr) return {};
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string found;
  for (int index = 0; found.empty() && index < sk_GENERAL_NAME_num(names); ++index) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, index);
    if (name->type != GEN_DNS) continue;
    found.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                 static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  GENERAL_NAMES_free(names);
  return found;
}

void TlsClient::send(std::string_view bytes) {
  SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
}

std::string TlsClient::read(std::size_t bytes) {
  std::string text;
  std::array<char, 16'384> buffer{};
  while (text.size() < bytes) {
    const std::size_t wanted = std::min(buffer.size(), bytes - text.size());
    const int got = SSL_read(ssl_, buffer.data(), static_cast<int>(wanted));
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string TlsClient::read_to_end() {
  return read(std::numeric_limits<std::size_t>::max());
}

void TlsClient::reset() {
  const linger none{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  ::close(std::exchange(socket_, -1));
}

}  // namespace yatagarasu::support
