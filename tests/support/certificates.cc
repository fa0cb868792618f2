#include "support/certificates.h"

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/types.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <stdio.h>
#include <stdlib.h>
#include <string>
#include <unistd.h>

namespace yatagarasu::support {
namespace {

void check(bool is_fine) {
  if (!is_fine) throw std::runtime_error("cannot make a certificate");
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Identity make(const std::string& common_name, long valid_from_s, long valid_until_s) {
  Identity identity{.certificate = CertificateHandle(X509_new()),
                    .key = KeyHandle(EVP_EC_gen("P-256"))};
  X509* const certificate = identity.certificate.get();
  check(certificate != nullptr && identity.key != nullptr);
  X509_set_version(certificate, X509_VERSION_3);
  unsigned char serial = 0;
  RAND_bytes(&serial, 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1 + serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), valid_until_s);
  X509_set_pubkey(certificate, identity.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  return identity;
}

// The path of a new file that `write` has filled.
std::string write_pem(const std::function<int(std::FILE*)>& write) {
  std::string path = "/tmp/yatagarasu-pem-XXXXXX";
  const int descriptor = ::mkstemp(path.data());
  check(descriptor >= 0);
  std::FILE* const file = ::fdopen(descriptor, "w");
  check(file != nullptr && write(file) == 1);
  std::fclose(file);
  return path;
}

std::string write_pem(X509* certificate) {
  return write_pem([&](std::FILE* file) { return PEM_write_X509(file, certificate); });
}

}  // namespace

IdentityFiles::IdentityFiles(const Identity& identity)
    : certificate_(write_pem(identity.certificate.get())),
      private_key_(write_pem([&](std::FILE* file) {
        return PEM_write_PrivateKey(file, identity.key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr);
      })) {}

IdentityFiles::~IdentityFiles() {
  ::unlink(certificate_.c_str());
  ::unlink(private_key_.c_str());
}

CertificateAuthority::CertificateAuthority() : own_(make("Test authority", -7'200, 7'200)) {
  X509* const certificate = own_.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign");
  check(X509_sign(certificate, own_.key.get(), EVP_sha256()) > 0);
  file_ = write_pem(certificate);
}

CertificateAuthority::~CertificateAuthority() {
  ::unlink(file_.c_str());
}

Identity CertificateAuthority::issue(const Request& request) const {
  Identity identity = make("Test server", request.valid_from_s, request.valid_until_s);
  X509* const certificate = identity.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(own_.certificate.get()));
  add_extension(certificate, own_.certificate.get(), NID_subject_alt_name, request.names);
  check(X509_sign(certificate, own_.key.get(), EVP_sha256()) > 0);
  return identity;
}

}  // namespace yatagarasu::support
