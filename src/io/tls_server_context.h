#pragma once

#include "io/tls_certificate.h"
#include "io/tls_handle.h"
#include "io/tls_server_options.h"
#include "io/tls_ticket_keys.h"

#include <openssl/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::io {

// How connections of clients speak TLS: the certificates, each for the names that are in it, the
// protocols, whose client certificates are trusted, and sessions that are taken up again by
// tickets. No session is kept here: the client has it, in its ticket.
//
// Ownership: shared by the connections that began with it; a reload makes another one.
// Threading: immutable, shared by all loops.
class TlsServerContext {
 public:
  struct Loaded {
    std::shared_ptr<const TlsServerContext> context;  // Null when a finding is an error.
    std::vector<TlsFinding> findings;                 // All there are.
  };
  // `protocols`: what is spoken, by its ALPN names, the best first. A client that names protocols
  // and none of these is refused (RFC 7301 §3.2). Tickets of a context with the same client
  // authority are good in the next one that has the same `keys`.
  static Loaded load(const TlsServerOptions& options, const std::vector<std::string>& protocols,
                     std::shared_ptr<TlsTicketKeys> keys, std::chrono::sys_seconds now);

  TlsServerContext(const TlsServerContext&) = delete;
  TlsServerContext& operator=(const TlsServerContext&) = delete;

  // A connection's state, ready for its client's hello. This outlives it.
  SslHandle prepare() const;

  // Whether the files of both had the same certificates, OCSP responses and client authorities.
  bool has_contents_of(const TlsServerContext& other) const;

 private:
  struct Certificate {
    SslContextHandle context;
    OcspStaple staple;
  };
  TlsServerContext() = default;

  bool add(const TlsCertificateOptions& options, TlsVersion min_version,
           std::chrono::sys_seconds now, TlsFindings& findings);
  void configure(SSL_CTX* context, TlsVersion min_version);
  void trust_clients_of(const TlsServerOptions& options, TlsFindings& findings);
  void add_names(std::size_t certificate);
  // Null when no certificate has the name.
  const Certificate* find(std::string_view name) const;

  static int on_server_name(SSL* ssl, int* alert, void* self);
  static int on_protocols(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                          const unsigned char* offered, unsigned offered_size, void* self);
  static int on_status_request(SSL* ssl, void* self);
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int is_new);

  std::vector<Certificate> certificates_;
  std::map<std::string, std::size_t, std::less<>> exact_;
  std::map<std::string, std::size_t, std::less<>> wildcard_;  // What follows the "*".
  std::string protocols_;                                     // Each behind its length.
  std::string client_authorities_;                            // In PEM.
  std::shared_ptr<TlsTicketKeys> keys_;
};

}  // namespace yatagarasu::io
