#include "io/tls_verdict.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <string>

namespace yatagarasu::io {

CertificateFault certificate_fault(long verify_result) {
  switch (verify_result) {
    case X509_V_OK: return CertificateFault::kNone;
    case X509_V_ERR_CERT_HAS_EXPIRED: return CertificateFault::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return CertificateFault::kNotYetValid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return CertificateFault::kOtherName;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    // Another authority of the same name: one that was made anew.
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return CertificateFault::kUnknownIssuer;
    default: return CertificateFault::kOther;
  }
}

std::string describe_certificate_fault(long verify_result) {
  const std::string words = X509_verify_cert_error_string(verify_result);
  switch (certificate_fault(verify_result)) {
    case CertificateFault::kExpired: return "the certificate has expired";
    case CertificateFault::kNotYetValid: return "the certificate is not valid yet";
    case CertificateFault::kOtherName: return "the certificate is for another host";
    case CertificateFault::kUnknownIssuer:
      return "the certificate's issuer is unknown (" + words + ")";
    case CertificateFault::kNone:
    case CertificateFault::kOther: break;
  }
  return "the certificate: " + words;
}

}  // namespace yatagarasu::io
