#pragma once

#include <cstdint>
#include <string>

namespace yatagarasu::io {

// What is wrong with a peer's certificate, by what can be done about it.
enum class CertificateFault : std::uint8_t {
  kNone,
  kExpired,
  kNotYetValid,
  kOtherName,
  kUnknownIssuer,
  kOther,
};

// Of OpenSSL's X509_V_ codes.
CertificateFault certificate_fault(long verify_result);

// In words: "the certificate has expired". Not for X509_V_OK.
std::string describe_certificate_fault(long verify_result);

}  // namespace yatagarasu::io
