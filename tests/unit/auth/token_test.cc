#include "auth/jwt/token.h"

#include "core/base64url.h"
#include "crypto/algorithm.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {
namespace {

using crypto::SignatureAlgorithm;
using enum SignatureAlgorithm;

std::optional<TokenHeader> header(std::string_view json) {
  return parse_token_header(core::encode_base64url(json));
}

TEST(TokenTest, HasThreeParts) {
  const std::string_view token = "aa.bbb.c";

  const auto parts = split_token(token);

  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->header, "aa");
  EXPECT_EQ(parts->payload, "bbb");
  EXPECT_EQ(parts->signature, "c");
  EXPECT_EQ(parts->signed_text, "aa.bbb");
}

TEST(TokenTest, HasNeitherMoreNorFewerParts) {
  for (const std::string_view token :
       {"", "a", "a.b", ".", "a.b.c.d", "...", "a.b.c.", ".a.b.c", "a.b.c.d.e"}) {
    EXPECT_FALSE(split_token(token)) << token;
  }
}

TEST(TokenTest, IsNoLongerThanItMayBe) {
  const std::string longest = "a.b." + std::string(kMaxTokenBytes - 4, 'c');

  EXPECT_TRUE(split_token(longest));
  EXPECT_FALSE(split_token(longest + "c"));
}

TEST(TokenHeaderTest, NamesAKnownAlgorithm) {
  struct Case {
    std::string_view name;
    SignatureAlgorithm algorithm;
  };
  for (const Case& c : {Case{"HS256", kHs256}, Case{"HS384", kHs384}, Case{"HS512", kHs512},
                        Case{"RS256", kRs256}, Case{"RS384", kRs384}, Case{"RS512", kRs512},
                        Case{"PS256", kPs256}, Case{"PS384", kPs384}, Case{"PS512", kPs512},
                        Case{"ES256", kEs256}, Case{"ES384", kEs384}, Case{"EdDSA", kEdDsa}}) {
    const auto read = header(R"({"alg":")" + std::string(c.name) + R"("})");
    ASSERT_TRUE(read) << c.name;
    EXPECT_EQ(read->algorithm, c.algorithm);
    EXPECT_EQ(read->kid, std::nullopt);
  }
}

TEST(TokenHeaderTest, RefusesWhatItDoesNotKnow) {
  for (const std::string_view json : {R"({})",
                                      R"({"alg":"none"})",
                                      R"({"alg":"None"})",
                                      R"({"alg":""})",
                                      R"({"alg":"hs256"})",
                                      R"({"alg":"HS256 "})",
                                      R"({"alg":"ES512"})",
                                      R"({"alg":"ES256K"})",
                                      R"({"alg":"Ed25519"})",
                                      R"({"alg":"RSA-OAEP"})",
                                      R"({"alg":"dir"})",
                                      R"({"alg":null})",
                                      R"({"alg":256})",
                                      R"({"alg":["HS256"]})",
                                      R"({"Alg":"HS256"})",
                                      R"({"alg":"HS256","alg":"HS256"})",
                                      R"({"alg":"HS256","alg":"none"})",
                                      R"(["HS256"])",
                                      R"("HS256")",
                                      ""}) {
    EXPECT_FALSE(header(json)) << json;
  }
}

TEST(TokenHeaderTest, RefusesEveryExtensionAndCompression) {
  for (const std::string_view json :
       {R"({"alg":"HS256","crit":["exp"],"exp":1})", R"({"alg":"HS256","crit":[]})",
        R"({"alg":"HS256","crit":null})", R"({"alg":"HS256","crit":["b64"],"b64":false})",
        R"({"alg":"HS256","b64":false})", R"({"alg":"HS256","b64":true})",
        R"({"alg":"HS256","zip":"DEF"})", R"({"alg":"HS256","zip":null})"}) {
    EXPECT_FALSE(header(json)) << json;
  }
}

TEST(TokenHeaderTest, IgnoresWhatItDoesNotUse) {
  for (const std::string_view json :
       {R"({"alg":"HS256","typ":"JWT"})", R"({"alg":"HS256","typ":7})",
        R"({"alg":"HS256","cty":"JWT"})", R"({"alg":"HS256","jku":"https://evil.example/"})",
        R"({"alg":"HS256","jwk":{"kty":"oct","k":"AA"}})", R"({"alg":"HS256","x5c":["AA=="]})",
        R"({"alg":"HS256","x5u":"https://evil.example/"})", R"({"alg":"HS256","CRIT":["a"]})"}) {
    EXPECT_TRUE(header(json)) << json;
  }
}

TEST(TokenHeaderTest, AKidIsAString) {
  for (const std::string_view kid : {"1", "", "../../dev/null", "a b"}) {
    const auto read = header(R"({"alg":"HS256","kid":")" + std::string(kid) + R"("})");
    ASSERT_TRUE(read) << kid;
    EXPECT_EQ(read->kid, kid);
  }
  for (const std::string_view kid : {"1", "null", "true", "[\"1\"]", "{}"}) {
    EXPECT_FALSE(header(R"({"alg":"HS256","kid":)" + std::string(kid) + "}")) << kid;
  }
}

TEST(TokenHeaderTest, IsStrictBase64url) {
  EXPECT_TRUE(parse_token_header("eyJhbGciOiJIUzI1NiJ9"));
  for (const std::string_view text : {"eyJhbGciOiJIUzI1NiJ9=", "eyJhbGciOiJIUzI1NiJ9 ",
                                      "eyJhbGciOiJIUzI1NiJ", "{\"alg\":\"HS256\"}"}) {
    EXPECT_FALSE(parse_token_header(text)) << text;
  }
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
