#include "auth/jwt/jwks_lifetime.h"

#include "http/fields.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

using std::chrono_literals::operator""s;

TEST(JwksLifetimeTest, IsMaxAgeLessAge) {
  struct Case {
    std::string_view cache_control;
    std::string_view age;
    std::optional<std::chrono::seconds> lifetime;
  };
  const std::vector<Case> cases = {
      {"", "", std::nullopt},
      {"public", "", std::nullopt},
      {"max-age=60", "", 60s},
      {"public, Max-Age=60 , must-revalidate", "", 60s},
      {"max-age=60, max-age=70", "", 60s},
      {"s-maxage=5, max-age=60", "", 60s},
      {"max-age=99999999999999999999", "", 2'147'483'648s},
      {"max-age=60", "20", 40s},
      {"max-age=60", "many", 60s},
      {"max-age=60", "60", std::nullopt},
      {"max-age=60", "61", std::nullopt},
      {"max-age=0", "", std::nullopt},
      {"max-age=60, no-cache", "", std::nullopt},
      {"no-store, max-age=60", "", std::nullopt},
      {"No-Cache=\"set-cookie\", max-age=60", "", std::nullopt},
      {"max-age", "", std::nullopt},
      {"max-age=", "", std::nullopt},
      {"max-age=-1", "", std::nullopt},
      {"max-age=1.5", "", std::nullopt},
      {"max-age=\"60\"", "", 60s},  // RFC 9111 §5.2: both forms are to be read.
      {"x-max-age=60", "", std::nullopt},
  };
  for (const auto& [cache_control, age, lifetime] : cases) {
    http::Fields fields;
    if (!cache_control.empty()) fields.add("Cache-Control", cache_control);
    if (!age.empty()) fields.add("Age", age);

    EXPECT_EQ(jwks_lifetime(fields), lifetime) << cache_control << " age " << age;
  }
}

TEST(JwksLifetimeTest, LooksAtAllFieldsOfTheName) {
  http::Fields fields;
  fields.add("Cache-Control", "public");
  fields.add("cache-control", "max-age=60");

  EXPECT_EQ(jwks_lifetime(fields), 60s);
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
