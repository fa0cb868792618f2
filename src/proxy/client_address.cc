#include "proxy/client_address.h"

#include "core/ascii.h"
#include "core/cidr.h"
#include "http/fields.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::proxy {

core::IpAddress client_address(const core::IpAddress& peer, const http::Fields& fields,
                               const std::vector<core::Cidr>& trusted_proxies) {
  const auto is_trusted = [&](const core::IpAddress& address) {
    return std::ranges::any_of(trusted_proxies,
                               [&](const core::Cidr& block) { return block.contains(address); });
  };
  if (!is_trusted(peer)) return peer;
  const std::optional<std::string> list = fields.joined("X-Forwarded-For");
  if (!list) return peer;

  core::IpAddress client = peer;
  std::string_view rest = *list;
  while (!rest.empty()) {
    const std::size_t comma = rest.rfind(',');
    const std::string_view last = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
    const auto address = core::IpAddress::parse(core::trim(last));
    if (!address) return client;
    client = *address;
    if (!is_trusted(client)) return client;
  }
  return client;
}

}  // namespace yatagarasu::proxy
