#pragma once

#include "io/tls_server_options.h"

#include <openssl/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::io {

// An authority's word, given in advance, that a certificate is not revoked (RFC 6960).
struct OcspStaple {
  std::string response;  // DER; empty = there is none.
  std::chrono::sys_seconds valid_until = std::chrono::sys_seconds::max();
};

// Gathers what is wrong with the files of one certificate.
class TlsFindings {
 public:
  TlsFindings(std::vector<TlsFinding>& findings, std::size_t certificate)
      : findings_(findings), certificate_(certificate) {}

  // Both are false, for who has nothing more to say.
  bool refuse(TlsFinding::Key key, std::string_view file, std::string_view what);
  bool warn(TlsFinding::Key key, std::string_view file, std::string_view what);

 private:
  std::vector<TlsFinding>& findings_;
  std::size_t certificate_;
};

// The whole file; empty, with a finding, when it cannot be read or is larger than `most`.
std::optional<std::string> read_file(TlsFinding::Key key, const std::string& path, std::size_t most,
                                     TlsFindings& findings);

// Puts the certificate, its chain and its key into `context`; false, with findings, when that
// cannot be done. One that has expired is used all the same, with a warning.
bool use_certificate(SSL_CTX* context, const TlsCertificateOptions& options,
                     std::chrono::sys_seconds now, TlsFindings& findings);

// The DNS names of the context's certificate, in lower case, a wildcard as "*.example.com".
std::vector<std::string> names_of_certificate(SSL_CTX* context);

// The staple for the context's certificate; one without a response, with findings, when the file is
// of no use. One that has ended is a warning: it is not shown.
OcspStaple load_staple(const std::string& file, SSL_CTX* context, std::chrono::sys_seconds now,
                       TlsFindings& findings);

}  // namespace yatagarasu::io
