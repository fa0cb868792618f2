#include "http/hop_by_hop.h"

#include "core/ascii.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace yatagarasu::http {

bool is_connection_specific(std::string_view name) {
  // The length decides first: most names are none of these.
  switch (name.size()) {
    case 7: return core::iequals(name, "upgrade");
    case 10: return core::iequals(name, "connection") || core::iequals(name, "keep-alive");
    case 16: return core::iequals(name, "proxy-connection");
    case 17: return core::iequals(name, "transfer-encoding");
    default: return false;
  }
}

bool is_hop_by_hop(std::string_view name) {
  constexpr std::array<std::string_view, 5> kForTheNextHop = {
      "TE", "Trailer", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization"};
  return is_connection_specific(name) ||
         std::ranges::any_of(kForTheNextHop,
                             [name](std::string_view each) { return core::iequals(each, name); });
}

}  // namespace yatagarasu::http
