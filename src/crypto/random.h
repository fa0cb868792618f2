#pragma once

#include <cstdint>
#include <span>

namespace yatagarasu::crypto {

// Fills `out` from OpenSSL's generator, which is seeded by the kernel and safe to call from any
// thread. Throws std::runtime_error when it has no entropy to give; on Linux it always has.
void random_bytes(std::span<std::uint8_t> out);

}  // namespace yatagarasu::crypto
