#include "auth/jwt/jwks_lifetime.h"

#include "http/cache_control.h"
#include "http/fields.h"

#include <chrono>
#include <optional>

namespace yatagarasu::auth::jwt {

using std::chrono::seconds;

std::optional<seconds> jwks_lifetime(const http::Fields& fields) {
  const http::CacheControl control = http::parse_cache_control(fields);
  const bool has_no_cache = control.no_cache || !control.no_cache_fields.empty();
  if (has_no_cache || control.no_store || !control.max_age) return std::nullopt;
  const seconds age = http::parse_delta_seconds(fields.get("Age")).value_or(seconds(0));
  if (*control.max_age <= age) return std::nullopt;
  return *control.max_age - age;
}

}  // namespace yatagarasu::auth::jwt
