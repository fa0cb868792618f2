#include "config/path_prefix.h"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace yatagarasu::config {

std::expected<std::string, std::string> normalize_prefix(std::string_view text) {
  if (text.empty()) return std::unexpected("a path; it is empty");
  if (text.front() != '/') return std::unexpected("a path that starts with a slash");
  if (text.find('\0') != std::string_view::npos) return std::unexpected("a path without NUL");
  std::string prefix;
  while (!text.empty()) {
    text.remove_prefix(text.front() == '/' ? 1 : 0);
    const std::size_t end = text.find('/');
    const std::string_view segment = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
    if (segment == "." || segment == "..") {
      return std::unexpected("a path without `.` and `..` segments: no request ever matches one");
    }
    if (!segment.empty()) prefix.append("/").append(segment);
  }
  if (prefix.empty()) return "/";
  return prefix;
}

}  // namespace yatagarasu::config
