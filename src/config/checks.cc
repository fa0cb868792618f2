#include "config/checks.h"

#include "config/bind.h"
#include "config/scalar.h"
#include "core/ascii.h"
#include "core/byte_count.h"
#include "core/cidr.h"
#include "http/hop_by_hop.h"
#include "http/syntax.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace yatagarasu::config {

Check<core::ByteCount> size_between(core::ByteCount least, core::ByteCount most) {
  return [least, most](const core::ByteCount& value) -> std::optional<std::string> {
    if (value >= least && value <= most) return std::nullopt;
    return "from " + format_size(least) + " to " + format_size(most);
  };
}

std::optional<std::string> must_pass(const std::chrono::milliseconds& timeout) {
  if (timeout.count() > 0) return std::nullopt;
  return "more than 0: without it a peer that says nothing would be waited for without end";
}

std::optional<std::string> must_be_address(const std::string& text) {
  if (core::IpAddress::parse(text)) return std::nullopt;
  return "an IPv4 or IPv6 address; `" + text + "` is none";
}

std::optional<std::string> must_not_be_empty(const std::string& text) {
  if (!text.empty()) return std::nullopt;
  return "a text that is not empty";
}

std::optional<std::string> must_be_readable_file(const std::string& path) {
  std::error_code error;
  if (path.empty()) return std::nullopt;
  if (std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), R_OK) == 0)
    return std::nullopt;
  return "a file that can be read; `" + path + "` is none";
}

bool is_framing_header(std::string_view name) {
  constexpr std::array<std::string_view, 3> kFraming = {"Content-Length", "TE", "Trailer"};
  return http::is_connection_specific(name) ||
         std::ranges::any_of(kFraming,
                             [&](std::string_view each) { return core::iequals(each, name); });
}

Check<std::vector<std::string>> header_names(Star star) {
  return [star](const std::vector<std::string>& names) -> std::optional<std::string> {
    for (const std::string& name : names) {
      if (name == "*" && star == Star::kAllowed) {
        if (names.size() > 1) return "either names or one \"*\"";
        continue;
      }
      if (!http::is_token(name)) return "a list of header names; `" + name + "` is none";
    }
    return std::nullopt;
  };
}

}  // namespace yatagarasu::config
