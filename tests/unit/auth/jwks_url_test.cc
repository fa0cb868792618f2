#include "auth/jwt/jwks_url.h"

#include "core/result.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(JwksUrlTest, TakesAnHttpsUrlApart) {
  const JwksUrl url = parse_jwks_url("https://id.example/realm/certs?v=1%20a").value();

  EXPECT_TRUE(url.uses_tls);
  EXPECT_EQ(url.host, "id.example");
  EXPECT_EQ(url.connect_host, "id.example");
  EXPECT_EQ(url.port, 443);
  EXPECT_EQ(url.target, "/realm/certs?v=1%20a");
}

TEST(JwksUrlTest, TakesAnHttpUrlApart) {
  const JwksUrl url = parse_jwks_url("http://id.example/certs").value();

  EXPECT_FALSE(url.uses_tls);
  EXPECT_EQ(url.port, 80);
}

TEST(JwksUrlTest, NamesThePortToTheServerWhereItIsNotTheSchemesOwn) {
  EXPECT_EQ(parse_jwks_url("https://a.test:8443/").value().host, "a.test:8443");
  EXPECT_EQ(parse_jwks_url("https://a.test:443/").value().host, "a.test");
  EXPECT_EQ(parse_jwks_url("http://a.test:443/").value().host, "a.test:443");
}

TEST(JwksUrlTest, ConnectsToAddressesWithoutBrackets) {
  const JwksUrl v6 = parse_jwks_url("https://[::1]:8443/certs").value();
  const JwksUrl v4 = parse_jwks_url("http://127.0.0.1:8080/certs").value();

  EXPECT_EQ(v6.connect_host, "::1");
  EXPECT_EQ(v6.host, "[::1]:8443");
  EXPECT_EQ(v4.connect_host, "127.0.0.1");
  EXPECT_EQ(v4.host, "127.0.0.1:8080");
}

TEST(JwksUrlTest, AnAbsentPathIsTheRoot) {
  EXPECT_EQ(parse_jwks_url("https://a.test").value().target, "/");
  EXPECT_EQ(parse_jwks_url("https://a.test?x=1").value().target, "/?x=1");
}

TEST(JwksUrlTest, SaysWhatIsWrong) {
  struct Case {
    std::string url;
    std::string_view problem;
  };
  const std::vector<Case> cases = {
      {"", "it is not a URL"},
      {"id.example/certs", "it is not a URL"},
      {"https://a.test/a b", "it is not a URL"},
      {"https://a.test/\r\nX: y", "it is not a URL"},
      {"ftp://a.test/", "it must begin with http:// or https://"},
      {"file:///etc/keys", "it must begin with http:// or https://"},
      {"https://me:word@a.test/", "it must not hold a user or password"},
      {"https://a.test:0/", "its port must be between 1 and 65535"},
      {"https://a.test:70000/", "its port must be between 1 and 65535"},
      {"https:///certs", "its host is not a host name or address"},
      {"https://a%0d%0ab/", "its host is not a host name or address"},
      {"https://a.test/certs#one", "it must not have a fragment"},
      {"https://a.test/" + std::string(3'000, 'a'), "it is longer than 2048 bytes"},
  };
  for (const auto& [url, problem] : cases) {
    const auto parsed = parse_jwks_url(url);

    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, core::ErrorCode::kConfiguration);
    EXPECT_THAT(parsed.error().detail, EndsWith(problem)) << url;
  }
}

TEST(JwksUrlTest, DoesNotRepeatTheUrl) {
  const auto parsed = parse_jwks_url("https://me:word@a.test/?key=hidden");

  EXPECT_THAT(parsed.error().detail, Not(HasSubstr("hidden")));
  EXPECT_THAT(parsed.error().detail, Not(HasSubstr("word@")));
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
