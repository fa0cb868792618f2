#pragma once

#include "core/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {

// Where a JWK set is fetched from: an http(s) URL, taken apart.
struct JwksUrl {
  bool uses_tls = true;
  std::string host;          // The Host field: with the port unless it is the scheme's own.
  std::string connect_host;  // For DNS and the certificate; an IPv6 address has no brackets.
  std::uint16_t port = 443;
  std::string target = "/";  // Path and query, encoded as in the URL.
};

// kConfiguration, with what is wrong, when the text is no http(s)://host[:port][/path][?query].
// The text itself is not repeated: what some issuers want in the query is a secret.
core::Result<JwksUrl> parse_jwks_url(std::string_view text);

}  // namespace yatagarasu::auth::jwt
