#pragma once

#include "core/base64url.h"
#include "crypto/hmac.h"
#include "crypto/sha256.h"

#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {

inline constexpr std::string_view kSecret = "a secret of thirty-two bytes ok.";

// A compact JWS of two texts, whatever they are, by HS256.
inline std::string mint(std::string_view payload, std::string_view secret = kSecret,
                        std::string_view header = R"({"alg":"HS256","typ":"JWT"})") {
  std::string token = core::encode_base64url(header) + "." + core::encode_base64url(payload);
  const crypto::Sha256Digest mac = crypto::hmac_sha256(secret, token);
  return token + "." + core::encode_base64url(crypto::as_bytes(mac));
}

}  // namespace yatagarasu::auth::jwt
