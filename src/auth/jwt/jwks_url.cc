#include "auth/jwt/jwks_url.h"

#include "core/ascii.h"
#include "core/result.h"

#include <boost/url/host_type.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {
namespace {

namespace urls = boost::urls;

// What servers take at least (RFC 9110 §4.1 wants 8000 octets of them), and more than any issuer's.
constexpr std::size_t kMaxUrl = 2'048;

// Underscores are no part of host names by the book, but of names in container networks.
bool is_host_name(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return core::is_alpha(c) || core::is_digit(c) || c == '-' || c == '.' || c == '_';
  });
}

bool is_address(const urls::url_view& url) {
  return url.host_type() == urls::host_type::ipv4 || url.host_type() == urls::host_type::ipv6;
}

// Empty when nothing is wrong.
std::string_view problem_of(const urls::url_view& url) {
  if (url.scheme_id() != urls::scheme::http && url.scheme_id() != urls::scheme::https) {
    return "it must begin with http:// or https://";
  }
  // Credentials would be ignored, which nobody who writes them expects.
  if (url.has_userinfo()) return "it must not hold a user or password";
  if (url.has_port() && url.port_number() == 0) return "its port must be between 1 and 65535";
  if (!is_address(url) && !is_host_name(url.host())) {
    return "its host is not a host name or address";
  }
  if (url.has_fragment()) return "it must not have a fragment";
  return {};
}

std::string host_field(const urls::url_view& url, std::uint16_t port) {
  std::string host = url.host_address();
  if (url.host_type() == urls::host_type::ipv6) host = "[" + host + "]";
  const std::uint16_t scheme_port = url.scheme_id() == urls::scheme::https ? 443 : 80;
  if (port != scheme_port) host += ":" + std::to_string(port);
  return host;
}

}  // namespace

core::Result<JwksUrl> parse_jwks_url(std::string_view text) {
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  std::string_view problem = parsed ? problem_of(*parsed) : std::string_view("it is not a URL");
  if (text.size() > kMaxUrl) problem = "it is longer than 2048 bytes";
  if (!problem.empty()) {
    return core::failure(
        core::ErrorCode::kConfiguration,
        "the URL is not of the form http(s)://host[:port]/path: " + std::string(problem));
  }
  JwksUrl url;
  url.uses_tls = parsed->scheme_id() == urls::scheme::https;
  url.connect_host = parsed->host_address();
  url.port = parsed->has_port() ? parsed->port_number()
                                : static_cast<std::uint16_t>(url.uses_tls ? 443 : 80);
  url.host = host_field(*parsed, url.port);
  url.target = parsed->encoded_target();
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

}  // namespace yatagarasu::auth::jwt
