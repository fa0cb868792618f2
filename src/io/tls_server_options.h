#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace yatagarasu::io {

// A certificate that is shown to clients. All are names of files.
struct TlsCertificateOptions {
  std::string certificate;  // PEM: the certificate, then its chain.
  std::string private_key;  // PEM, without a passphrase.
  std::string ocsp_file;    // DER, as the authority's responder gave it; empty = no staple.
};

enum class TlsVersion : std::uint8_t { k12, k13 };

// What is asked of clients where there is an authority for them. One that shows a certificate of
// another authority is refused either way.
enum class ClientAuth : std::uint8_t { kOptional, kRequire };

// The `server.tls` block.
struct TlsServerOptions {
  // Short for the first of `certificates`, which is the one of clients that ask for no name, or for
  // one that is on no certificate.
  std::string certificate{};
  std::string private_key{};
  std::string ocsp_file{};
  std::vector<TlsCertificateOptions> certificates{};
  TlsVersion min_version = TlsVersion::k12;
  std::string client_ca{};  // PEM; empty = clients are asked for no certificate.
  ClientAuth client_auth = ClientAuth::kRequire;
};

// The certificates in their order, the short form first.
std::vector<TlsCertificateOptions> certificates_of(const TlsServerOptions& options);

// Something that the options' files have wrong with them.
struct TlsFinding {
  enum class Severity : std::uint8_t { kWarning, kError };
  enum class Key : std::uint8_t { kCertificate, kPrivateKey, kOcspFile, kClientCa };

  Severity severity = Severity::kError;
  Key key = Key::kCertificate;
  std::size_t certificate = 0;  // Its place in certificates_of(); of no meaning for kClientCa.
  std::string what;             // Names the file.
};

}  // namespace yatagarasu::io
