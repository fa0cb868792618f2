#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace yatagarasu::io {
class TlsClientContext;
}

namespace yatagarasu::client {

// One origin as one loop talks to it. A timeout of zero means none.
struct OriginOptions {
  std::string host;  // A name or an IP literal; where to connect and whom the certificate names.
  std::uint16_t port = 80;
  const io::TlsClientContext* tls = nullptr;  // Null: plain text. Outlives the origin.

  std::chrono::milliseconds connect_timeout{3'000};      // DNS, TCP and TLS together.
  std::chrono::milliseconds first_byte_timeout{15'000};  // Begin of sending to the end of the head.
  std::chrono::milliseconds stall_timeout{15'000};       // Between two bytes of the body.
  std::chrono::milliseconds wait_timeout{5'000};         // For a connection to become free.

  std::uint32_t max_connections = 64;
  std::uint32_t max_idle = 16;
  std::uint32_t max_waiting = 1'024;  // Requests that wait for a connection.
  std::chrono::milliseconds idle_timeout{60'000};
};

}  // namespace yatagarasu::client
