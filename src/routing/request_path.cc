#include "routing/request_path.h"

#include "core/ascii.h"
#include "core/result.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::routing {
namespace {

using core::ErrorCode;
using core::Result;

constexpr std::uint64_t every_byte(char value) {
  return 0x0101010101010101U * static_cast<unsigned char>(value);
}

// The high bit of each byte of `word` that equals `value`; of no other.
constexpr std::uint64_t bytes_equal(std::uint64_t word, char value) {
  constexpr std::uint64_t kLowBits = every_byte(0x7f);
  const std::uint64_t difference = word ^ every_byte(value);
  return ~(((difference & kLowBits) + kLowBits) | difference | kLowBits);
}

std::uint64_t load_word(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

bool needs_decoding(char c) {
  return c == '%' || c == '\0';
}

// Whether a segment begins here that is empty or may be a dot segment.
bool is_suspect(char c, char next) {
  return c == '/' && (next == '/' || next == '.');
}

// Whether the path is used as it came, which most are: nothing to decode, no slash before another
// slash or a dot. Eight pairs of neighbours at a time.
bool is_plain(std::string_view raw) {
  std::size_t i = 0;
  for (; raw.size() - i > sizeof(std::uint64_t); i += sizeof(std::uint64_t)) {
    const std::uint64_t word = load_word(raw.data() + i);
    const std::uint64_t next = load_word(raw.data() + i + 1);
    const std::uint64_t suspect =
        bytes_equal(word, '/') & (bytes_equal(next, '/') | bytes_equal(next, '.'));
    if ((suspect | bytes_equal(word, '%') | bytes_equal(word, '\0')) != 0) return false;
  }
  for (; i < raw.size(); ++i) {
    if (needs_decoding(raw[i])) return false;
    if (i + 1 < raw.size() && is_suspect(raw[i], raw[i + 1])) return false;
  }
  return true;
}

// Whether `path`, which begins with a slash, has a segment that is "." or "..".
bool has_dot_segment(std::string_view path) {
  for (std::size_t at = path.find("/."); at != std::string_view::npos;
       at = path.find("/.", at + 1)) {
    std::string_view rest = path.substr(at + 2);
    if (rest.starts_with('.')) rest.remove_prefix(1);
    if (rest.empty() || rest.front() == '/') return true;
  }
  return false;
}

Result<void> decode_and_collapse(std::string_view raw, std::string& out) {
  out.clear();
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      const int high = i + 2 < raw.size() ? core::hex_value(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? core::hex_value(raw[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return core::failure(ErrorCode::kInvalidRequest, "malformed escape in the path");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return core::failure(ErrorCode::kInvalidRequest, "NUL in the path");
    if (c != '/' || !out.ends_with('/')) out.push_back(c);
  }
  return {};
}

}  // namespace

Result<std::string_view> normalize_request_path(std::string_view raw, std::string& scratch) {
  if (!raw.starts_with('/')) {
    return core::failure(ErrorCode::kInvalidRequest, "the path does not begin with a slash");
  }
  if (is_plain(raw)) return raw;
  std::string_view path = raw;
  if (std::ranges::any_of(raw, needs_decoding) || raw.contains("//")) {
    if (Result<void> decoded = decode_and_collapse(raw, scratch); !decoded) {
      return std::unexpected(std::move(decoded.error()));
    }
    path = scratch;
  }
  if (has_dot_segment(path)) {
    return core::failure(ErrorCode::kInvalidRequest, "dot segment in the path");
  }
  return path;
}

}  // namespace yatagarasu::routing
