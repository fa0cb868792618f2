#pragma once

#include <compare>
#include <cstdint>

namespace yatagarasu::core {

// A number of bytes.
struct ByteCount {
  std::uint64_t bytes = 0;

  friend constexpr auto operator<=>(ByteCount, ByteCount) = default;
};

constexpr ByteCount kib(std::uint64_t count) {
  return {count << 10};
}
constexpr ByteCount mib(std::uint64_t count) {
  return {count << 20};
}
constexpr ByteCount gib(std::uint64_t count) {
  return {count << 30};
}

}  // namespace yatagarasu::core
