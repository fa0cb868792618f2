#pragma once

#include <openssl/evp.h>
#include <openssl/types.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace yatagarasu::support {

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, KeyDeleter>;

struct CertificateDeleter {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using CertificateHandle = std::unique_ptr<X509, CertificateDeleter>;

// A certificate and its key.
struct Identity {
  CertificateHandle certificate;
  KeyHandle key;
};

// An identity as the files that a server reads. They live as long as this.
class IdentityFiles {
 public:
  explicit IdentityFiles(const Identity& identity);
  IdentityFiles(const IdentityFiles&) = delete;
  IdentityFiles& operator=(const IdentityFiles&) = delete;
  ~IdentityFiles();

  const std::string& certificate() const { return certificate_; }
  const std::string& private_key() const { return private_key_; }

 private:
  std::string certificate_;
  std::string private_key_;
};

// An authority of a test's own, as a PEM file for those who are to trust it. The file lives as
// long as this.
class CertificateAuthority {
 public:
  CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;
  ~CertificateAuthority();

  const std::string& file() const { return file_; }

  struct Request {
    std::string names = "DNS:localhost,IP:127.0.0.1";  // As subjectAltName.
    long valid_from_s = -3'600;                        // From now.
    long valid_until_s = 3'600;
  };
  Identity issue(const Request& request) const;
  Identity issue() const { return issue(Request()); }

 private:
  Identity own_;
  std::string file_;
};

}  // namespace yatagarasu::support
