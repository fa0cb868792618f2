#include "crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>

namespace yatagarasu::crypto {

void random_bytes(std::span<std::uint8_t> out) {
  // RAND_bytes counts in int.
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  while (!out.empty()) {
    const std::size_t count = std::min(out.size(), kMost);
    if (RAND_bytes(out.data(), static_cast<int>(count)) != 1) {
      throw std::runtime_error("OpenSSL's random generator failed");
    }
    out = out.subspan(count);
  }
}

}  // namespace yatagarasu::crypto
