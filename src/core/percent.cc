#include "core/percent.h"

#include "core/ascii.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::core {
namespace {

constexpr std::array<bool, 256> kUnreserved = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) {
    const char c = static_cast<char>(byte);
    table[byte] = is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
  }
  return table;
}();

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return bytes;
}

void append_s3_encoded(std::string& out, std::string_view bytes, Slash slash) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (kUnreserved[byte] || (c == '/' && slash == Slash::kKeep)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4U]);
      out.push_back(kDigits[byte & 15U]);
    }
  }
}

std::string s3_encode_key(std::string_view key) {
  std::string encoded;
  encoded.reserve(key.size() + key.size() / 4);
  append_s3_encoded(encoded, key, Slash::kKeep);
  return encoded;
}

std::string s3_encode_query_part(std::string_view part) {
  std::string encoded;
  append_s3_encoded(encoded, part, Slash::kEncode);
  return encoded;
}

}  // namespace yatagarasu::core
