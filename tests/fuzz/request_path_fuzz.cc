// part: routing
//
// Whatever the bytes of a request's path are: what gets through has one leading slash, no empty
// inner segment, no dot segment and no NUL, and the key is what is left of it behind a prefix.

#include "routing/request_path.h"
#include "routing/route_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

using yatagarasu::routing::Match;
using yatagarasu::routing::Route;
using yatagarasu::routing::RouteTable;

constexpr std::array<Route, 4> kRoutes = {Route{"/", 0}, Route{"/a", 1}, Route{"/a/b", 2},
                                          Route{"/a/b/c d", 3}};

void require(bool holds) {
  if (!holds) std::abort();
}

void require_normal(std::string_view path) {
  require(path.starts_with('/'));
  require(!path.contains("//") && !path.contains('\0'));
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    require(segment != "." && segment != "..");
    begin = end + 1;
  }
}

void require_sound(const std::optional<Match>& match, std::string_view path) {
  require(match.has_value());
  require(path.ends_with(match->key) && !match->key.starts_with('/'));
  std::string_view prefix = path.substr(0, path.size() - match->key.size());
  if (prefix.size() > 1 && prefix.ends_with('/')) prefix.remove_suffix(1);
  require(kRoutes.at(match->index).prefix == prefix);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const RouteTable table(kRoutes);
  const std::string raw(bytes, bytes + size);
  std::string scratch;
  const auto path = yatagarasu::routing::normalize_request_path(raw, scratch);
  if (!path) return 0;
  require_normal(*path);
  require_sound(table.match(*path), *path);
  return 0;
}
