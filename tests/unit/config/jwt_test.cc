#include "auth/jwt/claims.h"
#include "auth/jwt/options.h"
#include "load_text.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace yatagarasu::config {
namespace {

using auth::jwt::TokenSource;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kSecret = "secret: 0123456789abcdef0123456789abcdef";

// A file with this `jwt` block at the root and a bucket that asks for tokens.
std::string with_jwt(const std::string& jwt) {
  return "jwt: { " + jwt + " }\n" + kBucket + "\n    auth: { enabled: true }\n";
}

struct Refusal {
  const char* name;
  std::string text;
  const char* message;
};

class JwtRefusalTest : public ::testing::TestWithParam<Refusal> {};

TEST_P(JwtRefusalTest, IsToldByItsOwnMessage) {
  EXPECT_THAT(problems_of(GetParam().text), ElementsAre(HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, JwtRefusalTest,
    ::testing::Values(
        Refusal{"NoBlockAnywhere", std::string(kBucket) + "\n    auth: { enabled: true }\n",
                "`auth` needs a `jwt` block, here or at the root"},
        Refusal{"BlockSwitchedOff", with_jwt("enabled: false"), "is enabled but its `jwt` is not"},
        Refusal{"NoSecret", with_jwt("algorithm: HS256"), "needs a `secret` for HS algorithms"},
        Refusal{"EmptySecret", with_jwt("secret: \"\""), "needs a `secret` for HS algorithms"},
        Refusal{"NoKey", with_jwt("algorithm: RS256"),
                "needs a `public_key_file`, `jwks_file` or `jwks_url`"},
        Refusal{"SecretForRsa", with_jwt("algorithm: RS256, " + kSecret),
                "has a `secret`, which is for HS algorithms alone"},
        Refusal{"KeyForHmac", with_jwt(kSecret + ", public_key_file: /k.pem"),
                "has a public key, which is never for HS algorithms"},
        Refusal{"TwoKeys", with_jwt("algorithm: RS256, public_key_file: /k, jwks_file: /j"),
                "must have one of"},
        Refusal{"MixedFamilies", with_jwt("algorithms: [HS256, RS256], " + kSecret),
                "must not mix HS algorithms with others"},
        Refusal{"BothForms", with_jwt("algorithm: HS256, algorithms: [HS256], " + kSecret),
                "must have `algorithm` or `algorithms`, not both"},
        Refusal{"UnknownAlgorithm", with_jwt("algorithm: none, " + kSecret),
                "`jwt.algorithm` must be one of HS256"},
        Refusal{"NoSources", with_jwt(kSecret + ", token_sources: []"), "must have a token source"},
        Refusal{"SourceWithoutName", with_jwt(kSecret + ", token_sources: [{ type: query }]"),
                "`name`"},
        Refusal{"PrefixOfACookie",
                with_jwt(kSecret + ", token_sources: [{ type: cookie, name: a, prefix: b }]"),
                "is for headers only"},
        Refusal{"UnknownOperator",
                with_jwt(kSecret + ", claims: [{ claim: a, operator: like, value: b }]"),
                "`jwt.claims[0].operator` must be one of"},
        Refusal{"InWithoutList",
                with_jwt(kSecret + ", claims: [{ claim: a, operator: in, value: b }]"),
                "must be a list of at least one value for `in`"},
        Refusal{"ComparisonWithABoolean",
                with_jwt(kSecret + ", claims: [{ claim: a, operator: gt, value: true }]"),
                "must be a number or a text for a comparison"},
        Refusal{"ExistsWithAText",
                with_jwt(kSecret + ", claims: [{ claim: a, operator: exists, value: \"yes\" }]"),
                "must be `true` or `false` for `exists`"},
        Refusal{"EqualsWithoutValue",
                with_jwt(kSecret + ", claims: [{ claim: a, operator: equals }]"), "must be there"},
        Refusal{"UnreadableKey", with_jwt("algorithm: RS256, public_key_file: /no/such.pem"),
                "/no/such.pem cannot be read"},
        Refusal{"NoUrl", with_jwt("algorithm: RS256, jwks_url: \"ftp://x\""), "`jwt`"},
        Refusal{"RefreshWithoutPause",
                with_jwt("algorithm: RS256, jwks_url: \"https://x/\", jwks_refresh: 10ms"),
                "`jwt.jwks_refresh` must be at least 1s"},
        Refusal{"PreviousWithoutSecret",
                with_jwt("algorithm: RS256, public_key_file: /k, previous_secrets: [a]"),
                "has `previous_secrets` without a `secret`"},
        Refusal{"TokenParameterForTheStore",
                "jwt: { " + kSecret + ", token_sources: [{ type: query, name: token }] }\n" +
                    kBucket + "\n    auth: { enabled: true }\n    allowed_query: [token]\n",
                "`token` carries tokens and must not be sent on to the store"},
        Refusal{"TokenHeaderForTheStore",
                "jwt: { " + kSecret + ", token_sources: [{ type: header, name: X-Token }] }\n" +
                    kBucket +
                    "\n    auth: { enabled: true }\n    forward_request_headers: [x-token]\n",
                "`X-Token` carries tokens and must not be sent on to the store"}),
    [](const auto& refusal) { return std::string(refusal.param.name); });

TEST(JwtTest, TheRootsBlockIsForBucketsWithoutTheirOwn) {
  const auto loaded = load("jwt: { " + kSecret + ", issuer: root }\n" + kBucket +
                           "\n    auth: { enabled: true }\n"
                           "  - name: other\n    path_prefix: /other\n"
                           "    s3: { bucket: inner, region: us-east-1 }\n"
                           "    auth: { enabled: true, jwt: { " +
                           kSecret +
                           ", issuer: own } }\n"
                           "  - name: public\n    path_prefix: /public\n"
                           "    s3: { bucket: inner, region: us-east-1 }\n"
                           "    auth: { enabled: false }\n");
  ASSERT_TRUE(loaded) << loaded.error().front().format();
  EXPECT_EQ(loaded->buckets[0].auth->jwt->issuer, "root");
  EXPECT_EQ(loaded->buckets[1].auth->jwt->issuer, "own");
  EXPECT_FALSE(loaded->buckets[2].auth->enabled);
}

TEST(JwtTest, GivenTokenSourcesReplaceTheDefault) {
  const auto defaults = load(with_jwt(kSecret));
  ASSERT_TRUE(defaults);
  ASSERT_EQ(defaults->jwt->token_sources.size(), 1U);
  EXPECT_EQ(defaults->jwt->token_sources[0].name, "Authorization");
  EXPECT_EQ(defaults->jwt->token_sources[0].prefix, "Bearer ");

  const auto given = load(with_jwt(kSecret + ", token_sources: [{ type: cookie, name: session }]"));
  ASSERT_TRUE(given);
  ASSERT_EQ(given->jwt->token_sources.size(), 1U);
  EXPECT_EQ(given->jwt->token_sources[0].type, TokenSource::Type::kCookie);
}

TEST(JwtTest, RuleValuesKeepTheirType) {
  const auto loaded = load(with_jwt(
      kSecret + ", claims: [{ claim: a, operator: in, value: [x, 1, \"1\", true, -2.5] }," +
      " { claim: b, operator: exists }]"));
  ASSERT_TRUE(loaded) << loaded.error().front().format();
  EXPECT_EQ(loaded->jwt->claims[0].value, boost::json::value({"x", 1, "1", true, -2.5}));
  EXPECT_EQ(loaded->jwt->claims[1].value, true);
}

TEST(JwtTest, AShortSecretIsAWarning) {
  const auto loaded = load(with_jwt("secret: short"));
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_THAT(loaded->warnings[0].format(), HasSubstr("fewer than the 32 bytes"));
  EXPECT_TRUE(load(with_jwt(kSecret))->warnings.empty());
}

TEST(JwtTest, KeysFetchedInTheClearAreAWarning) {
  const auto far = load(with_jwt("algorithm: RS256, jwks_url: \"http://issuer.example/keys\""));
  ASSERT_TRUE(far);
  ASSERT_EQ(far->warnings.size(), 1U);
  EXPECT_THAT(far->warnings[0].format(), HasSubstr("is plain http"));
  for (const std::string url : {"https://issuer.example/keys", "http://127.0.0.1:1/keys"}) {
    EXPECT_TRUE(load(with_jwt("algorithm: RS256, jwks_url: \"" + url + "\""))->warnings.empty());
  }
}

}  // namespace
}  // namespace yatagarasu::config
