#include "io/tls_inspection.h"

#include "core/result.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "io/tls_handle.h"
#include "io/tls_stream.h"
#include "io/tls_verdict.h"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <openssl/asn1.h>
#include <openssl/obj_mac.h>
#include <openssl/ssl.h>
#include <openssl/types.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <time.h>
#include <utility>
#include <vector>

namespace yatagarasu::io {
namespace {

// Empty for kinds of names that no connection is made to.
std::string text_of(const GENERAL_NAME& name) {
  if (name.type != GEN_DNS && name.type != GEN_IPADD) return {};
  const ASN1_STRING* const value = name.type == GEN_DNS ? name.d.dNSName : name.d.iPAddress;
  const unsigned char* const bytes = ASN1_STRING_get0_data(value);
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(value));
  if (name.type == GEN_DNS) return {reinterpret_cast<const char*>(bytes), size};
  if (asio::ip::address_v4::bytes_type v4{}; size == v4.size()) {
    std::copy_n(bytes, size, v4.begin());
    return asio::ip::address_v4(v4).to_string();
  }
  if (asio::ip::address_v6::bytes_type v6{}; size == v6.size()) {
    std::copy_n(bytes, size, v6.begin());
    return asio::ip::address_v6(v6).to_string();
  }
  return {};
}

std::vector<std::string> names_of(const X509* certificate) {
  const NamesHandle names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> texts;
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names.get());
  for (int i = 0; i < count && texts.size() < TlsInspection::kMaxNames; ++i) {
    std::string text = text_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

std::string one_line(const X509_NAME* name) {
  std::array<char, 256> line{};
  X509_NAME_oneline(name, line.data(), line.size());
  return line.data();
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

TlsInspection look_at(const SSL* ssl, const X509* certificate) {
  TlsInspection seen;
  const long verdict = SSL_get_verify_result(ssl);
  seen.protocol = SSL_get_version(ssl);
  seen.fault = certificate_fault(verdict);
  if (verdict != X509_V_OK) seen.fault_detail = describe_certificate_fault(verdict);
  seen.names = names_of(certificate);
  seen.issuer = one_line(X509_get_issuer_name(certificate));
  seen.valid_until = time_of(X509_get0_notAfter(certificate));
  return seen;
}

}  // namespace

Task<core::Result<TlsInspection>> tls_inspect(std::unique_ptr<TcpStream> transport,
                                              const TlsClientOptions& options,
                                              std::string_view server_name, TimePoint deadline) {
  // Of its own, for the sake of the sessions in it.
  auto context = TlsClientContext::create(options);
  if (!context) co_return std::unexpected(std::move(context.error()));
  core::Result<SslHandle> session = (*context)->prepare(server_name);
  if (!session) co_return std::unexpected(std::move(session.error()));
  SSL* const ssl = session->get();
  // OpenSSL verifies all the same, and goes on whatever it finds.
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  TlsStream stream(std::move(transport), std::move(*session));
  const core::Result<void> done = co_await stream.handshake(deadline);
  if (!done) co_return std::unexpected(done.error());
  const X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) {
    co_return core::failure(core::ErrorCode::kOriginUnreachable, "tls: there is no certificate");
  }
  co_return look_at(ssl, certificate);
}

}  // namespace yatagarasu::io
