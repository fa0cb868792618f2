#pragma once

#include "crypto/algorithm.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {

// Larger tokens are refused unread.
inline constexpr std::size_t kMaxTokenBytes = 16 * 1024;

// What a JOSE header says that is acted on (RFC 7515 §4.1). `jku`, `jwk`, `x5u`, `x5c` and `typ`
// are never looked at: nothing that a token names is fetched or trusted.
struct TokenHeader {
  crypto::SignatureAlgorithm algorithm{};
  std::optional<std::string> kid;
};

// A compact JWS (RFC 7515 §7.1) taken apart. Views into the token.
struct TokenParts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // header.payload
};

// Empty unless there are exactly three parts and no more than kMaxTokenBytes.
std::optional<TokenParts> split_token(std::string_view token);

// Empty when it is no strict JSON, has an algorithm that is not known (`none` is not), or a `crit`
// or `zip` member: no extension is understood (RFC 7515 §4.1.11).
std::optional<TokenHeader> parse_token_header(std::string_view encoded);

}  // namespace yatagarasu::auth::jwt
