#include "http/host.h"

#include "core/ascii.h"
#include "core/cidr.h"
#include "http/syntax.h"

#include <algorithm>
#include <cstddef>

namespace yatagarasu::http {
namespace {

constexpr tables::CharacterClass kName = tables::make_class("-._~");
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestAddress = 45;
constexpr std::size_t kLongestPort = 5;
constexpr unsigned kHighestPort = 65535;

constexpr bool is_address_char(char c) {
  return core::hex_value(c) >= 0 || c == ':' || c == '.';
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestName || text.front() == '.') return false;
  char before = '\0';
  for (const char c : text) {
    if (!kName[static_cast<unsigned char>(c)]) return false;
    if (c == '.' && before == '.') return false;
    before = c;
  }
  return true;
}

// What follows the host: nothing, or a colon and a port, which may be empty (RFC 3986 §3.2.3).
bool is_port_part(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != ':' || text.size() > kLongestPort + 1) return false;
  text.remove_prefix(1);
  if (!std::ranges::all_of(text, core::is_digit)) return false;
  unsigned port = 0;
  for (const char digit : text) port = port * 10 + static_cast<unsigned>(digit - '0');
  return port <= kHighestPort;
}

}  // namespace

bool is_valid_host(std::string_view text) {
  if (!text.starts_with('[')) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    return is_name(text.substr(0, colon)) && is_port_part(text.substr(colon));
  }
  const std::size_t close = text.find(']');
  if (close > kLongestAddress + 1) return false;  // Also when there is none.
  const std::string_view address = text.substr(1, close - 1);
  // The colon tells an IPv6 address from an IPv4 one, which takes no brackets.
  if (!address.contains(':') || !std::ranges::all_of(address, is_address_char)) return false;
  return core::IpAddress::parse(address).has_value() && is_port_part(text.substr(close + 1));
}

}  // namespace yatagarasu::http
