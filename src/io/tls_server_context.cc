#include "io/tls_server_context.h"

#include "core/ascii.h"
#include "io/task.h"
#include "io/tls_certificate.h"
#include "io/tls_handle.h"
#include "io/tls_policy.h"
#include "io/tls_server_options.h"
#include "io/tls_ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/prov_ssl.h>
#include <openssl/rand.h>
#include <openssl/safestack.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/types.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::io {
namespace {

using Key = TlsFinding::Key;
using Severity = TlsFinding::Severity;

// A session may be taken up again for so long: a ticket's key is good for at least that.
constexpr std::chrono::seconds kSessionLife = TlsTicketKeys::kPeriod;

// A bundle of authorities: all that browsers trust together take a fifth of it.
constexpr std::size_t kMaxAuthorities = std::size_t{1} << 20;

// AES-256-CBC's, which seals tickets.
constexpr int kIvBytes = 16;

// Fetched once: a look-up by name would be part of every handshake.
const EVP_CIPHER* ticket_cipher() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return cipher;
}

// Sessions are taken up again only where clients are let in by the same rules.
void limit_sessions(SSL_CTX* context, std::string_view rules) {
  std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH> scope{};
  static_assert(scope.size() == 32, "a SHA-256 fills it");
  EVP_Digest(rules.data(), rules.size(), scope.data(), nullptr, EVP_sha256(), nullptr);
  SSL_CTX_set_session_id_context(context, scope.data(), scope.size());
}

bool is_same_chain(const STACK_OF(X509) * one, const STACK_OF(X509) * other) {
  if (sk_X509_num(one) != sk_X509_num(other)) return false;
  for (int index = 0; index < sk_X509_num(one); ++index) {
    if (X509_cmp(sk_X509_value(one, index), sk_X509_value(other, index)) != 0) return false;
  }
  return true;
}

// The certificate and what is behind it.
bool is_same_certificate(SSL_CTX* one, SSL_CTX* other) {
  if (X509_cmp(SSL_CTX_get0_certificate(one), SSL_CTX_get0_certificate(other)) != 0) return false;
  STACK_OF(X509)* chain = nullptr;
  STACK_OF(X509)* other_chain = nullptr;
  SSL_CTX_get0_chain_certs(one, static_cast<void*>(&chain));
  SSL_CTX_get0_chain_certs(other, static_cast<void*>(&other_chain));
  return is_same_chain(chain, other_chain);
}

TlsServerContext& of(void* self) {
  return *static_cast<TlsServerContext*>(self);
}

}  // namespace

std::vector<TlsCertificateOptions> certificates_of(const TlsServerOptions& options) {
  std::vector<TlsCertificateOptions> all = options.certificates;
  if (!options.certificate.empty()) {
    all.insert(all.begin(), {options.certificate, options.private_key, options.ocsp_file});
  }
  return all;
}

TlsServerContext::Loaded TlsServerContext::load(const TlsServerOptions& options,
                                                const std::vector<std::string>& protocols,
                                                std::shared_ptr<TlsTicketKeys> keys,
                                                std::chrono::sys_seconds now) {
  Loaded loaded;
  const std::shared_ptr<TlsServerContext> made(new TlsServerContext());
  made->keys_ = std::move(keys);
  for (const std::string& name : protocols) {
    made->protocols_ += static_cast<char>(name.size());
    made->protocols_ += name;
  }
  const std::vector<TlsCertificateOptions> certificates = certificates_of(options);
  for (std::size_t index = 0; index < certificates.size(); ++index) {
    TlsFindings findings(loaded.findings, index);
    if (made->add(certificates[index], options.min_version, now, findings)) made->add_names(index);
  }
  if (certificates.empty()) {
    loaded.findings.push_back({Severity::kError, Key::kCertificate, 0, "there is no certificate"});
  }
  if (!options.client_ca.empty()) {
    TlsFindings findings(loaded.findings, 0);
    made->trust_clients_of(options, findings);
  }
  const bool is_refused = std::ranges::any_of(loaded.findings, [](const TlsFinding& finding) {
    return finding.severity == Severity::kError;
  });
  if (!is_refused) loaded.context = made;
  return loaded;
}

bool TlsServerContext::add(const TlsCertificateOptions& options, TlsVersion min_version,
                           std::chrono::sys_seconds now, TlsFindings& findings) {
  SslContextHandle context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw std::bad_alloc();
  Certificate& added = certificates_.emplace_back();
  configure(context.get(), min_version);
  if (!use_certificate(context.get(), options, now, findings)) return false;
  if (!options.ocsp_file.empty()) {
    added.staple = load_staple(options.ocsp_file, context.get(), now, findings);
  }
  added.context = std::move(context);
  return true;
}

void TlsServerContext::configure(SSL_CTX* context, TlsVersion min_version) {
  apply_tls_policy(context);
  if (min_version == TlsVersion::k13) {
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);  // Each is a part of the handshake's cost (decision 17).
  SSL_CTX_set_timeout(context, kSessionLife.count());
  limit_sessions(context, {});
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &TlsServerContext::on_ticket);
  SSL_CTX_set_alpn_select_cb(context, &TlsServerContext::on_protocols, this);
  SSL_CTX_set_tlsext_servername_callback(context, &TlsServerContext::on_server_name);
  SSL_CTX_set_tlsext_servername_arg(context, this);
  SSL_CTX_set_tlsext_status_cb(context, &TlsServerContext::on_status_request);
  SSL_CTX_set_tlsext_status_arg(context, this);
}

void TlsServerContext::trust_clients_of(const TlsServerOptions& options, TlsFindings& findings) {
  auto authorities = read_file(Key::kClientCa, options.client_ca, kMaxAuthorities, findings);
  if (!authorities) return;
  client_authorities_ = *std::move(authorities);
  const bool is_required = options.client_auth == ClientAuth::kRequire;
  const std::string rules = client_authorities_ + (is_required ? 'r' : 'o');
  ERR_clear_error();
  for (const Certificate& each : certificates_) {
    SSL_CTX* const context = each.context.get();
    if (context == nullptr) continue;  // Said already.
    STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(options.client_ca.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(context, options.client_ca.c_str()) != 1) {
      sk_X509_NAME_pop_free(names, X509_NAME_free);
      ERR_clear_error();
      findings.refuse(Key::kClientCa, options.client_ca, "holds no certificate in PEM");
      return;
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(
        context, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    limit_sessions(context, rules);
  }
}

void TlsServerContext::add_names(std::size_t certificate) {
  for (const std::string& name : names_of_certificate(certificates_[certificate].context.get())) {
    // The first that has a name keeps it.
    if (name.starts_with("*.")) {
      wildcard_.emplace(name.substr(1), certificate);
    } else {
      exact_.emplace(name, certificate);
    }
  }
}

const TlsServerContext::Certificate* TlsServerContext::find(std::string_view name) const {
  const std::string lower = core::to_lower(name);
  if (const auto found = exact_.find(lower); found != exact_.end()) {
    return &certificates_[found->second];
  }
  const std::size_t dot = lower.find('.');
  if (dot == 0 || dot == std::string::npos) return nullptr;
  const auto found = wildcard_.find(std::string_view(lower).substr(dot));
  return found == wildcard_.end() ? nullptr : &certificates_[found->second];
}

SslHandle TlsServerContext::prepare() const {
  SslHandle ssl(SSL_new(certificates_.front().context.get()));
  if (!ssl) throw std::bad_alloc();
  SSL_set_accept_state(ssl.get());
  return ssl;
}

bool TlsServerContext::has_contents_of(const TlsServerContext& other) const {
  return client_authorities_ == other.client_authorities_ &&
         std::ranges::equal(certificates_, other.certificates_,
                            [](const Certificate& one, const Certificate& another) {
                              return one.staple.response == another.staple.response &&
                                     is_same_certificate(one.context.get(), another.context.get());
                            });
}

int TlsServerContext::on_server_name(SSL* ssl, int* /*alert*/, void* self) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const Certificate* const found = name == nullptr ? nullptr : of(self).find(name);
  // The default certificate then: the client says itself what it thinks of that.
  if (found == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_SSL_CTX(ssl, found->context.get());
  return SSL_TLSEXT_ERR_OK;
}

int TlsServerContext::on_protocols(SSL* /*ssl*/, const unsigned char** chosen,
                                   unsigned char* chosen_size, const unsigned char* offered,
                                   unsigned offered_size, void* self) {
  const std::string& ours = of(self).protocols_;
  unsigned char* selected = nullptr;
  const int outcome = SSL_select_next_proto(
      &selected, chosen_size, reinterpret_cast<const unsigned char*>(ours.data()),
      static_cast<unsigned>(ours.size()), offered, offered_size);
  *chosen = selected;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int TlsServerContext::on_status_request(SSL* ssl, void* self) {
  const auto& certificates = of(self).certificates_;
  const auto used = std::ranges::find_if(certificates, [&](const Certificate& each) {
    return each.context.get() == SSL_get_SSL_CTX(ssl);
  });
  const auto now = std::chrono::system_clock::now();
  if (used == certificates.end() || used->staple.response.empty() ||
      used->staple.valid_until <= now) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  const std::string& response = used->staple.response;
  void* const copy = OPENSSL_memdup(response.data(), response.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, static_cast<unsigned char*>(copy),  // Owned by it now.
                                  static_cast<long>(response.size()));
  return SSL_TLSEXT_ERR_OK;
}

// 1: as it is. 2: good, and to be replaced by a ticket of the current key. 0: no session of ours.
int TlsServerContext::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv,
                                EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int is_new) {
  TlsTicketKeys& keys = *of(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl))).keys_;
  const TimePoint now = Clock::now();
  std::optional<TlsTicketKeys::Found> found;
  if (is_new != 0) {
    found.emplace(keys.current(now), true);
    std::ranges::copy(found->key.name, name);
    if (RAND_bytes(iv, kIvBytes) != 1) return -1;
  } else {
    found = keys.find(
        std::span<const std::uint8_t, TlsTicketKeys::kNameBytes>(name, TlsTicketKeys::kNameBytes),
        now);
    if (!found) return 0;
  }
  static char digest[] = "SHA256";  // OpenSSL only reads it.
  std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, found->key.mac.data(),
                                        found->key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, parameters.data()) != 1) return -1;
  const auto* const key = found->key.cipher.data();
  const int is_ready = is_new != 0 ? EVP_EncryptInit_ex2(cipher, ticket_cipher(), key, iv, nullptr)
                                   : EVP_DecryptInit_ex2(cipher, ticket_cipher(), key, iv, nullptr);
  if (is_ready != 1) return -1;
  // With 1.3 every session gets a ticket of its own, so that nobody can tell two apart (RFC 8446
  // §C.4).
  return found->is_current && (is_new != 0 || SSL_version(ssl) != TLS1_3_VERSION) ? 1 : 2;
}

}  // namespace yatagarasu::io
