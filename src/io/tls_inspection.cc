#include "io/tls_inspection.h"

#include "core/result.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "io/tls_handle.h"
#include "io/tls_stream.h"
#include "io/tls_verdict.h"
#include "io/tls_x509.h"

#include <openssl/ssl.h>
#include <openssl/types.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::io {
namespace {

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> texts;
  for_each_host_name(certificate, [&texts](HostName name) {
    texts.push_back(std::move(name.text));
    return texts.size() < TlsInspection::kMaxNames;
  });
  return texts;
}

std::string one_line(const X509_NAME* name) {
  std::array<char, 256> line{};
  X509_NAME_oneline(name, line.data(), line.size());
  return line.data();
}

TlsInspection look_at(const SSL* ssl, const X509* certificate) {
  TlsInspection seen;
  const long verdict = SSL_get_verify_result(ssl);
  seen.protocol = SSL_get_version(ssl);
  seen.fault = certificate_fault(verdict);
  if (verdict != X509_V_OK) seen.fault_detail = describe_certificate_fault(verdict);
  seen.names = names_of(certificate);
  seen.issuer = one_line(X509_get_issuer_name(certificate));
  seen.valid_until = time_of(X509_get0_notAfter(certificate)).value_or(std::chrono::sys_seconds());
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
