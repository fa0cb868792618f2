#include "observability/escape.h"

#include "observability/plain_bytes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace yatagarasu::observability {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD.

constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}();

bool is_plain(char c) {
  return kPlain[static_cast<unsigned char>(c)];
}

std::size_t plain_length(std::string_view bytes) {
  std::size_t length = 0;
  while (bytes.size() - length >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + length, sizeof word);
    if (special_bytes(word) != 0) break;
    length += sizeof word;
  }
  while (length < bytes.size() && is_plain(bytes[length])) ++length;
  return length;
}

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  // In bytes; 0: not UTF-8.
};

// The first code point of `bytes`, which begin with one outside ASCII. Overlong forms, surrogates
// and what is above U+10FFFF are not UTF-8 (RFC 3629 §3).
CodePoint decode_utf8(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  CodePoint point;
  char32_t lowest = 0;
  std::size_t length = 0;
  if ((lead & 0xe0U) == 0xc0U) {
    point.value = lead & 0x1fU;
    lowest = 0x80;
    length = 2;
  } else if ((lead & 0xf0U) == 0xe0U) {
    point.value = lead & 0x0fU;
    lowest = 0x800;
    length = 3;
  } else if ((lead & 0xf8U) == 0xf0U) {
    point.value = lead & 0x07U;
    lowest = 0x10000;
    length = 4;
  }
  if (length == 0 || length > bytes.size()) return {};
  for (const char c : bytes.substr(1, length - 1)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0U) != 0x80U) return {};
    point.value = (point.value << 6U) | (byte & 0x3fU);
  }
  const bool is_surrogate = point.value >= 0xd800 && point.value <= 0xdfff;
  if (point.value < lowest || point.value > 0x10ffff || is_surrogate) return {};
  point.length = length;
  return point;
}

// Ends a line or changes what is shown of it, in some terminal or viewer.
bool is_treacherous(char32_t point) {
  return (point >= 0x80 && point <= 0x9f) || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2066 && point <= 0x2069);
}

void append_unicode_escape(std::string& out, char32_t point) {
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHexDigits[(point >> shift) & 15U];
}

void append_ascii_escape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: append_unicode_escape(out, static_cast<unsigned char>(c)); return;
  }
}

// Appends what stands for the first character of `bytes`; the number of bytes it takes up.
std::size_t append_special(std::string& out, std::string_view bytes) {
  if (static_cast<unsigned char>(bytes.front()) < 0x80) {
    append_ascii_escape(out, bytes.front());
    return 1;
  }
  const CodePoint point = decode_utf8(bytes);
  if (point.length == 0) {
    out += kReplacement;
    return 1;
  }
  if (is_treacherous(point.value)) {
    append_unicode_escape(out, point.value);
  } else {
    out += bytes.substr(0, point.length);
  }
  return point.length;
}

}  // namespace

void append_escaped(std::string& out, std::string_view bytes) {
  while (true) {
    const std::size_t plain = plain_length(bytes);
    out += bytes.substr(0, plain);
    bytes.remove_prefix(plain);
    if (bytes.empty()) return;
    bytes.remove_prefix(append_special(out, bytes));
  }
}

void append_quoted(std::string& out, std::string_view bytes) {
  out += '"';
  append_escaped(out, bytes);
  out += '"';
}

void append_text_value(std::string& out, std::string_view bytes) {
  const bool stands_alone = !bytes.empty() && std::ranges::all_of(bytes, [](char c) {
    return is_plain(c) && c != ' ' && c != '=';
  });
  if (stands_alone) {
    out += bytes;
  } else {
    append_quoted(out, bytes);
  }
}

}  // namespace yatagarasu::observability
