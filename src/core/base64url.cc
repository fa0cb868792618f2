#include "core/base64url.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::core {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kInvalid = 0xff;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kInvalid);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::uint32_t value_of(char c) {
  return kValues[static_cast<unsigned char>(c)];
}

constexpr std::uint32_t kInvalidBits = 0xc0;  // No value of a character has one of them.

}  // namespace

std::optional<std::string> decode_base64url(std::string_view text) {
  const std::size_t tail = text.size() % 4;
  if (tail == 1) return std::nullopt;
  std::string bytes(text.size() * 3 / 4, '\0');
  char* to = bytes.data();
  const char* from = text.data();
  std::uint32_t seen = 0;  // Checked once at the end: tokens are seldom malformed.
  for (const char* const end = from + (text.size() - tail); from != end; from += 4) {
    const std::uint32_t a = value_of(from[0]);
    const std::uint32_t b = value_of(from[1]);
    const std::uint32_t c = value_of(from[2]);
    const std::uint32_t d = value_of(from[3]);
    seen |= a | b | c | d;
    const std::uint32_t bits = a << 18U | b << 12U | c << 6U | d;
    *to++ = static_cast<char>(bits >> 16U);
    *to++ = static_cast<char>(bits >> 8U);
    *to++ = static_cast<char>(bits);
  }
  if (tail != 0) {
    const std::uint32_t a = value_of(from[0]);
    const std::uint32_t b = value_of(from[1]);
    const std::uint32_t c = tail == 3 ? value_of(from[2]) : 0;
    seen |= a | b | c;
    const std::uint32_t bits = a << 18U | b << 12U | c << 6U;
    *to++ = static_cast<char>(bits >> 16U);
    if (tail == 3) *to++ = static_cast<char>(bits >> 8U);
    // What the last character has beyond the last byte.
    if ((bits & (tail == 3 ? 0xffU : 0xffffU)) != 0) return std::nullopt;
  }
  if ((seen & kInvalidBits) != 0) return std::nullopt;
  return bytes;
}

std::string encode_base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = bits << 8U | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      text.push_back(kAlphabet[bits >> count & 0x3fU]);
    }
  }
  if (count > 0) text.push_back(kAlphabet[bits << (6 - count) & 0x3fU]);
  return text;
}

}  // namespace yatagarasu::core
