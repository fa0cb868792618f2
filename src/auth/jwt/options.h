#pragma once

#include "auth/jwt/claims.h"
#include "core/secret.h"
#include "crypto/algorithm.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace yatagarasu::auth::jwt {

// A place in a request where a token may be.
struct TokenSource {
  enum class Type : std::uint8_t { kHeader, kQuery, kCookie };

  Type type = Type::kHeader;
  std::string name;
  std::string prefix;  // Of a header's value, in any case; such as "Bearer ".
};

// A `jwt` block, validated.
struct Options {
  bool enabled = true;
  std::vector<crypto::SignatureAlgorithm> algorithms;  // All symmetric, or none.
  core::Secret secret;
  std::vector<core::Secret> previous_secrets;
  std::chrono::milliseconds grace_period{0};  // Zero: as long as they are listed.
  std::string public_key_file;
  std::string jwks_file;
  std::string jwks_url;
  std::string jwks_ca_file;  // Empty: the system's authorities.
  std::chrono::milliseconds jwks_refresh{std::chrono::minutes(15)};
  std::string issuer;
  std::vector<std::string> audience;
  std::chrono::milliseconds leeway{0};
  bool require_exp = false;
  std::vector<TokenSource> token_sources = {
      {.type = TokenSource::Type::kHeader, .name = "Authorization", .prefix = "Bearer "}};
  std::vector<ClaimRule> claims;
};

}  // namespace yatagarasu::auth::jwt
