#include "app/demo_token.h"

#include "core/base64url.h"
#include "crypto/hmac.h"
#include "crypto/random.h"
#include "crypto/sha256.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::app {

std::string make_demo_secret() {
  std::array<std::uint8_t, 32> bytes{};
  crypto::random_bytes(bytes);
  return {bytes.begin(), bytes.end()};
}

std::string make_demo_token(std::string_view secret, std::string_view subject,
                            std::chrono::sys_seconds expires_at) {
  const boost::json::object claims{{"sub", subject},
                                   {"exp", expires_at.time_since_epoch().count()}};
  std::string token = core::encode_base64url(R"({"alg":"HS256"})");
  token += '.';
  token += core::encode_base64url(boost::json::serialize(claims));
  const crypto::Sha256Digest mac = crypto::hmac_sha256(secret, token);
  token += '.';
  token += core::encode_base64url(crypto::as_bytes(mac));
  return token;
}

}  // namespace yatagarasu::app
