#pragma once

#include "io/tcp_stream.h"

#include <cstdint>
#include <optional>

namespace yatagarasu::client {

// What a request was at when it ended.
enum class Stage : std::uint8_t {
  kQueued,      // Waiting for a connection to become free; the origin knows nothing of it.
  kConnecting,  // DNS or TCP.
  kSecuring,    // The TLS handshake.
  kExchanging,  // Sending the request, receiving the answer's head.
};

// How far a request came, for one who has to decide what to do about its failure.
struct Course {
  Stage stage = Stage::kQueued;
  std::optional<io::Endpoint> address;  // The last that was tried.
};

}  // namespace yatagarasu::client
