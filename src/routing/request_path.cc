#include "routing/request_path.h"

#include "core/ascii.h"

#include <cstddef>
#include <expected>
#include <utility>

namespace yatagarasu::routing {
namespace {

using core::ErrorCode;
using core::Result;

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

// Whether the bytes are used as they came, dot segments apart.
bool is_normal(std::string_view raw) {
  char previous = '\0';
  for (const char c : raw) {
    if (c == '%' || c == '\0' || (c == '/' && previous == '/')) return false;
    previous = c;
  }
  return true;
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
  std::string_view path = raw;
  if (!is_normal(raw)) {
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
