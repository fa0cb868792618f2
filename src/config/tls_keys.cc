#include "config/bind.h"
#include "config/checks.h"
#include "config/key.h"
#include "config/reader.h"
#include "config/tables.h"
#include "config/yaml_tree.h"
#include "server/options.h"
#include "server/tls.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::config {
namespace {

using server::CertificateOptions;
using server::TlsFinding;
using server::TlsOptions;

const Block& certificate_block() {
  static const Block block{
      .title = "a certificate",
      .keys = {key("certificate", &CertificateOptions::certificate,
                   "PEM file with the certificate, then its chain.",
                   Check<std::string>(must_not_be_empty), Presence::kRequired),
               key("private_key", &CertificateOptions::private_key,
                   "PEM file with its key, which has no passphrase.",
                   Check<std::string>(must_not_be_empty), Presence::kRequired),
               key("ocsp_file", &CertificateOptions::ocsp_file,
                   "DER file with the OCSP response that is stapled to it; empty = none.")}};
  return block;
}

std::string_view name_of(TlsFinding::Key key) {
  switch (key) {
    case TlsFinding::Key::kCertificate: return "certificate";
    case TlsFinding::Key::kPrivateKey: return "private_key";
    case TlsFinding::Key::kOcspFile: return "ocsp_file";
    case TlsFinding::Key::kClientCa: return "client_ca";
  }
  return {};
}

// A key as it stands in the file.
struct Place {
  const Node& node;
  std::string path;
};

Place place_of(const TlsFinding& finding, const Reader& reader, const Node& tls) {
  const Node* block = &tls;
  std::string path = reader.path();
  const bool is_short = tls.find("certificate") != nullptr;
  const Node* const list = tls.find("certificates");
  const bool is_listed = !is_short || finding.certificate > 0;
  if (is_listed && finding.key != TlsFinding::Key::kClientCa) {
    const std::size_t index = finding.certificate - (is_short ? 1 : 0);
    if (list != nullptr && index < list->items.size()) {
      block = &list->items[index];
      path += ".certificates[" + std::to_string(index) + "]";
    }
  }
  const std::string_view name = name_of(finding.key);
  const Node* const value = block->find(name);
  return {value == nullptr ? *block : *value, path + "." + std::string(name)};
}

// Whether the keys go together, before any file is opened.
bool are_keys_whole(Reader& reader, const Node& node, const TlsOptions& options) {
  const auto refuse = [&](std::string_view key, const std::string& what) {
    const Node* const place = node.find(key);
    reader.report(place == nullptr ? node : *place, "`" + reader.path() + "` " + what);
    return false;
  };
  bool is_whole = true;
  if (options.certificate.empty() != options.private_key.empty()) {
    const bool lacks_key = options.private_key.empty();
    is_whole = refuse(lacks_key ? "certificate" : "private_key",
                      lacks_key ? "has a `certificate` without a `private_key`"
                                : "has a `private_key` without a `certificate`");
  }
  if (options.certificate.empty() && !options.ocsp_file.empty()) {
    is_whole = refuse("ocsp_file", "has an `ocsp_file` without a `certificate`");
  }
  if (is_whole && options.certificate.empty() && options.certificates.empty()) {
    is_whole = refuse("certificates", "needs a `certificate` and its `private_key`");
  }
  // Whatever is missing there has been said.
  is_whole = is_whole && std::ranges::none_of(options.certificates, [](const auto& each) {
               return each.certificate.empty() || each.private_key.empty();
             });
  if (node.find("client_auth") != nullptr && options.client_ca.empty()) {
    is_whole = refuse("client_auth", "has a `client_auth` without a `client_ca`");
  }
  return is_whole;
}

void check_block(Reader& reader, const Node& node, void* owner) {
  const auto& options = *static_cast<const TlsOptions*>(owner);
  if (!are_keys_whole(reader, node, options)) return;
  for (const TlsFinding& finding : server::check_tls(options)) {
    const Place place = place_of(finding, reader, node);
    const std::string message = "`" + place.path + "`: " + finding.what;
    if (finding.severity == TlsFinding::Severity::kError) {
      reader.report(place.node, message);
    } else {
      reader.warn(place.node, message);
    }
  }
}

}  // namespace

const Block& listener_tls_block() {
  static const Block block{
      .title = "server.tls",
      .keys =
          {
              key("certificate", &TlsOptions::certificate,
                  "PEM file with the certificate, then its chain. Short for the first of "
                  "`certificates`."),
              key("private_key", &TlsOptions::private_key,
                  "PEM file with its key, which has no passphrase."),
              key("ocsp_file", &TlsOptions::ocsp_file,
                  "DER file with the OCSP response that is stapled to it; empty = none."),
              list_of("certificates", &TlsOptions::certificates, certificate_block(),
                      "Certificates, chosen by the name that the client asks for (SNI); the first "
                      "is for all others.",
                      Presence::kOptional),
              choice("min_version", &TlsOptions::min_version,
                     {{"1.2", server::TlsVersion::k12}, {"1.3", server::TlsVersion::k13}},
                     "The oldest version of TLS that is spoken; 1.2 unless said otherwise."),
              key("client_ca", &TlsOptions::client_ca,
                  "PEM file with the authorities of clients' certificates; empty = clients are "
                  "asked for none."),
              choice("client_auth", &TlsOptions::client_auth,
                     {{"optional", server::ClientAuth::kOptional},
                      {"require", server::ClientAuth::kRequire}},
                     "Whether a client must have a certificate; it must unless said otherwise. One "
                     "that shows a wrong one is refused either way."),
          },
      .check = check_block};
  return block;
}

}  // namespace yatagarasu::config
