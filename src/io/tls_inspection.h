#pragma once

#include "core/result.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "io/tls_verdict.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::io {

// What a TLS server shows of itself.
struct TlsInspection {
  static constexpr std::size_t kMaxNames = 8;  // They are for people.

  std::string protocol;  // "TLSv1.3".
  CertificateFault fault = CertificateFault::kNone;
  std::string fault_detail;        // In words; empty for kNone.
  std::vector<std::string> names;  // Whom the certificate is for; the first kMaxNames.
  std::string issuer;              // On one line.
  std::chrono::sys_seconds valid_until;
};

// Does a TLS handshake as tls_connect() does, but looks at the certificate also when it is not to
// be trusted, and closes the connection. For people who look for a fault: nothing is sent over it,
// and no session is kept, so that no later connection can resume what was not trusted.
// kConfiguration when the authorities cannot be loaded, else as tls_connect().
Task<core::Result<TlsInspection>> tls_inspect(std::unique_ptr<TcpStream> transport,
                                              const TlsClientOptions& options,
                                              std::string_view server_name, TimePoint deadline);

}  // namespace yatagarasu::io
