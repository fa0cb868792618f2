#pragma once

#include <cstdint>

// Bytes that stand for themselves in a line of the log: printable ASCII but '"' and '\'. Looked at
// eight at a time.
namespace yatagarasu::observability {

constexpr std::uint64_t every_byte(std::uint8_t value) {
  return 0x0101010101010101U * value;
}

// Not 0 when one of the eight bytes is another, and seldom when none is: whoever must know looks
// closer.
constexpr std::uint64_t special_bytes(std::uint64_t word) {
  // Marks with its high bit each byte that is zero, and possibly bytes above one that is.
  const auto zero_bytes = [](std::uint64_t bytes) { return (bytes - every_byte(1)) & ~bytes; };
  const std::uint64_t control = (word - every_byte(0x20)) & ~word;
  const std::uint64_t special = control | word | zero_bytes(word ^ every_byte('"')) |
                                zero_bytes(word ^ every_byte('\\')) |
                                zero_bytes(word ^ every_byte(0x7f));
  return special & every_byte(0x80);
}

}  // namespace yatagarasu::observability
