#include "io/tls_certificate.h"

#include "core/ascii.h"
#include "io/tls_handle.h"
#include "io/tls_server_options.h"
#include "io/tls_x509.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/types.h>
#include <openssl/x509.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <utility>
#include <vector>

namespace yatagarasu::io {
namespace {

using Key = TlsFinding::Key;
using Severity = TlsFinding::Severity;

// A staple is a few KiB with the responder's certificate; every full handshake carries it.
constexpr std::size_t kMaxStaple = 16 * 1024;

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};
using FileHandle = std::unique_ptr<std::FILE, FileCloser>;

// Null, with a finding, when the file cannot be read.
FileHandle open(Key key, const std::string& path, TlsFindings& findings) {
  FileHandle file;
  struct stat kind{};
  if (::stat(path.c_str(), &kind) == 0 && !S_ISREG(kind.st_mode)) {
    findings.refuse(key, path, "is no file that can be read again");  // A pipe would be waited for.
  } else if (file.reset(std::fopen(path.c_str(), "rbe")); !file) {
    findings.refuse(key, path, "cannot be read: " + std::generic_category().message(errno));
  }
  return file;
}

// What OpenSSL says, and its errors forgotten.
std::string openssl_reason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string text = reason == nullptr ? "unknown error" : reason;
  ERR_clear_error();
  return text;
}

std::string shown(const ASN1_TIME* time) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  if (!out || ASN1_TIME_print(out.get(), time) != 1) return "an unknown time";
  return std::string(contents_of(out.get()));
}

void warn_of_dates(const X509* certificate, const std::string& file, std::chrono::sys_seconds now,
                   TlsFindings& findings) {
  const ASN1_TIME* const begin = X509_get0_notBefore(certificate);
  const ASN1_TIME* const end = X509_get0_notAfter(certificate);
  if (const auto ends = time_of(end); ends && *ends <= now) {
    findings.warn(Key::kCertificate, file, "has expired: it was valid until " + shown(end));
  }
  if (const auto begins = time_of(begin); begins && *begins > now) {
    findings.warn(Key::kCertificate, file, "is not valid yet: it will be from " + shown(begin));
  }
}

// Nobody is there to type one in.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* asked) {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return -1;
}

PrivateKeyHandle read_key(const std::string& path, TlsFindings& findings) {
  const FileHandle file = open(Key::kPrivateKey, path, findings);
  if (!file) return nullptr;
  bool is_encrypted = false;
  ERR_clear_error();
  PrivateKeyHandle key(PEM_read_PrivateKey(file.get(), nullptr, no_passphrase, &is_encrypted));
  if (is_encrypted) {
    findings.refuse(Key::kPrivateKey, path,
                    "is encrypted: there is nobody to ask for a passphrase");
    key.reset();
  } else if (!key) {
    findings.refuse(Key::kPrivateKey, path, "holds no private key in PEM");
  }
  ERR_clear_error();
  return key;
}

// Whether the response speaks of the certificate; how long it may be shown.
std::optional<std::chrono::sys_seconds> find_status(OCSP_BASICRESP* basic,
                                                    const X509* certificate) {
  for (int index = 0; index < OCSP_resp_count(basic); ++index) {
    OCSP_SINGLERESP* const single = OCSP_resp_get0(basic, index);
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial,
                      const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single)));
    if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) != 0) continue;
    ASN1_GENERALIZEDTIME* next = nullptr;
    OCSP_single_get0_status(single, nullptr, nullptr, nullptr, &next);
    return time_of(next).value_or(std::chrono::sys_seconds::max());
  }
  return std::nullopt;
}

}  // namespace

bool TlsFindings::refuse(Key key, std::string_view file, std::string_view what) {
  findings_.push_back(
      {Severity::kError, key, certificate_, std::string(file) + " " + std::string(what)});
  return false;
}

bool TlsFindings::warn(Key key, std::string_view file, std::string_view what) {
  findings_.push_back(
      {Severity::kWarning, key, certificate_, std::string(file) + " " + std::string(what)});
  return false;
}

std::optional<std::string> read_file(Key key, const std::string& path, std::size_t most,
                                     TlsFindings& findings) {
  const FileHandle file = open(key, path, findings);
  if (!file) return std::nullopt;
  std::string bytes(most + 1, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (bytes.size() <= most) return bytes;
  findings.refuse(key, path, "is larger than " + std::to_string(most) + " bytes");
  return std::nullopt;
}

bool use_certificate(SSL_CTX* context, const TlsCertificateOptions& options,
                     std::chrono::sys_seconds now, TlsFindings& findings) {
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  bool is_fine = open(Key::kCertificate, options.certificate, findings) != nullptr;
  if (is_fine && SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1) {
    const bool has_none = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ||
                          ERR_GET_REASON(ERR_peek_error()) == PEM_R_NO_START_LINE;
    const std::string reason = openssl_reason();
    is_fine =
        findings.refuse(Key::kCertificate, options.certificate,
                        has_none ? "holds no certificate in PEM" : "cannot be used: " + reason);
  }
  const PrivateKeyHandle key = read_key(options.private_key, findings);
  if (!is_fine || !key) return false;

  X509* const certificate = SSL_CTX_get0_certificate(context);
  if (X509_check_private_key(certificate, key.get()) != 1) {
    ERR_clear_error();
    return findings.refuse(Key::kPrivateKey, options.private_key,
                           "is not the key of the certificate " + options.certificate);
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return findings.refuse(Key::kPrivateKey, options.private_key,
                           "cannot be used: " + openssl_reason());
  }
  warn_of_dates(certificate, options.certificate, now, findings);
  return true;
}

std::vector<std::string> names_of_certificate(SSL_CTX* context) {
  std::vector<std::string> found;
  for_each_host_name(SSL_CTX_get0_certificate(context), [&found](const HostName& name) {
    if (name.is_dns) found.push_back(core::to_lower(name.text));
    return true;
  });
  return found;
}

OcspStaple load_staple(const std::string& path, SSL_CTX* context, std::chrono::sys_seconds now,
                       TlsFindings& findings) {
  auto bytes_of_file = read_file(Key::kOcspFile, path, kMaxStaple, findings);
  if (!bytes_of_file) return {};
  OcspStaple staple{.response = *std::move(bytes_of_file)};
  const auto* bytes = reinterpret_cast<const unsigned char*>(staple.response.data());
  const OcspResponseHandle response(
      d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(staple.response.size())));
  if (!response || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    ERR_clear_error();
    findings.refuse(Key::kOcspFile, path, "holds no successful OCSP response in DER");
    return {};
  }
  const OcspBasicHandle basic(OCSP_response_get1_basic(response.get()));
  const auto valid_until =
      basic ? find_status(basic.get(), SSL_CTX_get0_certificate(context)) : std::nullopt;
  ERR_clear_error();
  if (!valid_until) {
    findings.refuse(Key::kOcspFile, path, "says nothing of the certificate");
    return {};
  }
  staple.valid_until = *valid_until;
  if (staple.valid_until <= now) {
    findings.warn(Key::kOcspFile, path, "has ended and is not shown to clients");
  }
  return staple;
}

}  // namespace yatagarasu::io
