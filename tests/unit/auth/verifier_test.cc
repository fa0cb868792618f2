#include "auth/jwt/verifier.h"

#include "auth/jwt/claims.h"
#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "core/base64url.h"
#include "core/secret.h"
#include "crypto/algorithm.h"
#include "crypto/verification_key.h"
#include "unit/auth/mint.h"

#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::auth::jwt {

// For failed expectations.
void PrintTo(Verdict verdict, std::ostream* out) {
  *out << name_of(verdict);
}

namespace {

using crypto::SignatureAlgorithm;
using crypto::VerificationKey;
using enum Verdict;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono::sys_seconds;

KeySet::Key key_of(std::string_view secret) {
  return {.key = VerificationKey::from_secret(secret)};
}
KeySet::Key key_of(std::string_view secret, std::string kid) {
  return {.key = VerificationKey::from_secret(secret), .kid = std::move(kid)};
}

std::string with_kid(std::string_view secret, std::string_view kid) {
  return mint("{}", secret, R"({"alg":"HS256","kid":")" + std::string(kid) + R"("})");
}

struct Case {
  std::string_view payload;
  Verdict expected;
};

class VerifierTest : public ::testing::Test {
 protected:
  VerifierTest() { options_.algorithms = {SignatureAlgorithm::kHs256}; }

  Verification verify(std::string_view token) const {
    return verify_token(token, options_, keys_, now_);
  }
  Verdict verdict(std::string_view token) const { return verify(token).verdict; }
  Verdict verdict_of(std::string_view payload) const { return verdict(mint(payload)); }
  void expect(const std::vector<Case>& cases) const {
    for (const Case& c : cases) EXPECT_EQ(verdict_of(c.payload), c.expected) << c.payload;
  }

  Options options_;
  KeySet keys_{{key_of(kSecret)}};
  sys_seconds now_{1000s};
};

TEST_F(VerifierTest, AGoodTokenHasAPrincipal) {
  const Verification verified = verify(mint(R"({"sub":"alice","role":"admin","exp":1010})"));

  ASSERT_EQ(verified.verdict, kGood);
  ASSERT_NE(verified.principal, nullptr);
  EXPECT_EQ(verified.principal->subject, "alice");
  EXPECT_EQ(verified.principal->claims.at("role"), "admin");
  EXPECT_EQ(verified.principal->valid_until, sys_seconds(1010s));
}

TEST_F(VerifierTest, ASubjectIsAString) {
  for (const std::string_view payload : {"{}", R"({"sub":7})", R"({"sub":null})"}) {
    const Verification verified = verify(mint(payload));
    ASSERT_EQ(verified.verdict, kGood) << payload;
    EXPECT_EQ(verified.principal->subject, "") << payload;
    EXPECT_EQ(verified.principal->valid_until, sys_seconds::max());
  }
}

TEST_F(VerifierTest, NothingButAGoodTokenHasAPrincipal) {
  options_.claims = {{.claim = "role", .op = ClaimOperator::kEquals, .value = "admin"}};
  for (const std::string_view payload :
       {R"({})", R"({"exp":1})", R"({"role":"reader"})", R"([])", R"({"role":"admin","aud":1})"}) {
    EXPECT_EQ(verify(mint(payload)).principal, nullptr) << payload;
  }
}

TEST_F(VerifierTest, EveryChangedCharacterIsNoticed) {
  const std::string token = mint(R"({"sub":"alice"})");
  ASSERT_EQ(verdict(token), kGood);
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'B', '_', '.', '=', '\0'}) {
      std::string changed = token;
      if (std::exchange(changed[i], c) == c) continue;
      EXPECT_NE(verdict(changed), kGood) << i << c;
    }
    EXPECT_NE(verdict(token.substr(0, i)), kGood) << i;
    EXPECT_NE(verdict(token.substr(i + 1)), kGood) << i;
  }
  for (const char c : {'A', '.', '=', ' ', '\0'}) EXPECT_NE(verdict(token + c), kGood) << c;
}

TEST_F(VerifierTest, OnlyConfiguredAlgorithmsAreAccepted) {
  EXPECT_EQ(verdict(mint("{}", kSecret, R"({"alg":"HS512"})")), kWrongAlgorithm);
  EXPECT_EQ(verdict(mint("{}", kSecret, R"({"alg":"RS256"})")), kWrongAlgorithm);
  EXPECT_EQ(verdict(mint("{}", kSecret, R"({"alg":"none"})")), kMalformed);
  options_.algorithms = {SignatureAlgorithm::kHs512};
  EXPECT_EQ(verdict(mint("{}")), kWrongAlgorithm);
}

TEST_F(VerifierTest, ATokenWithoutSignatureIsNotGood) {
  const std::string header = core::encode_base64url(R"({"alg":"HS256"})");
  EXPECT_EQ(verdict(header + ".e30."), kBadSignature);
  EXPECT_EQ(verdict(header + ".e30"), kMalformed);
  EXPECT_EQ(verdict(core::encode_base64url(R"({"alg":"none"})") + ".e30."), kMalformed);
}

TEST_F(VerifierTest, ThePayloadIsReadOnlyWhenTheSignatureHolds) {
  for (const std::string_view payload : {"{", "[]", R"({"exp":1})", R"({"a":1,"a":2})"}) {
    EXPECT_EQ(verdict(mint(payload, "another secret")), kBadSignature) << payload;
  }
  expect(
      {{"{", kMalformed}, {"[]", kMalformed}, {"", kMalformed}, {R"({"a":1,"a":2})", kMalformed}});
}

TEST_F(VerifierTest, ExpIsTheFirstSecondThatIsTooLate) {
  expect({{R"({"exp":1001})", kGood},
          {R"({"exp":1000})", kExpired},
          {R"({"exp":999})", kExpired},
          {R"({"exp":1000.001})", kGood},
          {R"({"exp":1000.0})", kExpired},
          {R"({"exp":999.999})", kExpired},
          {R"({"exp":1.001e3})", kGood},
          {R"({"exp":0})", kExpired},
          {R"({"exp":-1})", kExpired},
          {R"({"exp":-9223372036854775808})", kExpired},
          {R"({"exp":9223372036854775807})", kGood},
          {R"({"exp":9223372036854775808})", kGood},
          {R"({"exp":18446744073709551615})", kGood},
          {R"({"exp":18446744073709551616})", kGood},
          {R"({"exp":1e300})", kGood},
          {R"({"exp":-1e300})", kExpired}});
}

TEST_F(VerifierTest, DatesAreFiniteNumbers) {
  for (const std::string name : {"exp", "nbf", "iat"}) {
    for (const std::string_view value : {"\"2000\"", "null", "true", "[2000]", "{}", "\"\"",
                                         "1e400", "-1e400", "1e99999999999999999999"}) {
      const std::string payload = R"({")" + name + R"(":)" + std::string(value) + "}";
      EXPECT_EQ(verdict_of(payload), kMalformed) << payload;
    }
  }
}

TEST_F(VerifierTest, NbfIsTheFirstSecondThatIsEarlyEnough) {
  expect({{R"({"nbf":999})", kGood},
          {R"({"nbf":1000})", kGood},
          {R"({"nbf":1000.001})", kNotYetValid},
          {R"({"nbf":1001})", kNotYetValid},
          {R"({"nbf":0})", kGood},
          {R"({"nbf":-1e300})", kGood},
          {R"({"nbf":18446744073709551616})", kNotYetValid},
          {R"({"nbf":1e300})", kNotYetValid}});
}

TEST_F(VerifierTest, IatIsNoCondition) {
  expect({{R"({"iat":0})", kGood}, {R"({"iat":1001})", kGood}, {R"({"iat":1e300})", kGood}});
}

TEST_F(VerifierTest, LeewayMovesBothEnds) {
  options_.leeway = 10s;
  expect({{R"({"exp":991})", kGood},
          {R"({"exp":990.5})", kGood},
          {R"({"exp":990})", kExpired},
          {R"({"nbf":1010})", kGood},
          {R"({"nbf":1010.5})", kNotYetValid},
          {R"({"nbf":1011})", kNotYetValid}});
  options_.leeway = 500ms;
  expect({{R"({"exp":999.6})", kGood},
          {R"({"exp":999.5})", kExpired},
          {R"({"nbf":1000.5})", kGood},
          {R"({"nbf":1000.6})", kNotYetValid}});
}

// What the cache goes by must be what the check goes by.
TEST_F(VerifierTest, AGoodTokenIsGoodUntilTheSecondThatItsPrincipalSays) {
  for (const std::chrono::milliseconds leeway : {0ms, 1ms, 500ms, 10'000ms}) {
    options_.leeway = leeway;
    for (const std::string_view payload :
         {R"({"exp":1001})", R"({"exp":1000.001})", R"({"exp":1003.999})", R"({"exp":1500.5})"}) {
      const std::string token = mint(payload);
      now_ = sys_seconds(1000s);
      const Verification verified = verify(token);
      ASSERT_EQ(verified.verdict, kGood) << payload;

      now_ = verified.principal->valid_until - 1s;
      EXPECT_EQ(verdict(token), kGood) << payload;
      now_ = verified.principal->valid_until;
      EXPECT_EQ(verdict(token), kExpired) << payload;
    }
  }
}

TEST_F(VerifierTest, AnExpIsNeededOnlyWhenItIsRequired) {
  EXPECT_EQ(verdict_of("{}"), kGood);
  options_.require_exp = true;
  expect({{"{}", kNoExpiry}, {R"({"exp":1001})", kGood}, {R"({"exp":null})", kMalformed}});
}

TEST_F(VerifierTest, AnIssuerIsComparedWhenOneIsSet) {
  expect({{R"({"iss":"anyone"})", kGood}, {R"({"iss":7})", kMalformed}});
  options_.issuer = "https://id.example/";
  expect({{R"({"iss":"https://id.example/"})", kGood},
          {R"({"iss":"https://id.example"})", kWrongIssuer},
          {R"({"iss":"HTTPS://id.example/"})", kWrongIssuer},
          {R"({"iss":"https://id.example/\u0000"})", kWrongIssuer},
          {R"({"iss":""})", kWrongIssuer},
          {R"({})", kWrongIssuer},
          {R"({"iss":null})", kMalformed},
          {R"({"iss":["https://id.example/"]})", kMalformed}});
}

TEST_F(VerifierTest, AnAudienceIsComparedWhenOneIsSet) {
  expect({{R"({"aud":"anyone"})", kGood},
          {R"({"aud":[]})", kGood},
          {R"({"aud":7})", kMalformed},
          {R"({"aud":["a",7]})", kMalformed},
          {R"({"aud":null})", kMalformed},
          {R"({"aud":{"a":1}})", kMalformed}});
  options_.audience = {"us", "them"};
  expect({{R"({"aud":"us"})", kGood},
          {R"({"aud":"them"})", kGood},
          {R"({"aud":["x","them"]})", kGood},
          {R"({"aud":["us","them"]})", kGood},
          {R"({"aud":"US"})", kWrongAudience},
          {R"({"aud":"us,them"})", kWrongAudience},
          {R"({"aud":"u"})", kWrongAudience},
          {R"({"aud":[]})", kWrongAudience},
          {R"({"aud":["x"]})", kWrongAudience},
          {R"({})", kWrongAudience},
          {R"({"aud":["us",7]})", kMalformed}});
}

TEST_F(VerifierTest, EveryBrokenRuleIsNamed) {
  options_.claims = {{.claim = "role", .op = ClaimOperator::kEquals, .value = "admin"},
                     {.claim = "level", .op = ClaimOperator::kGt, .value = 3}};

  const Verification verified = verify(mint(R"({"role":"reader","level":3})"));

  EXPECT_EQ(verified.verdict, kForbidden);
  EXPECT_EQ(verified.broken_rules, "role equals, level gt");
  EXPECT_EQ(verdict_of(R"({"role":"admin","level":4})"), kGood);
}

TEST_F(VerifierTest, WhatATokenMayIsAskedOnlyOfOneThatHolds) {
  options_.claims = {{.claim = "role", .op = ClaimOperator::kEquals, .value = "admin"}};
  options_.issuer = "me";
  expect({{R"({"iss":"me"})", kForbidden},
          {R"({"iss":"me","exp":999})", kExpired},
          {R"({"iss":"you"})", kWrongIssuer}});
}

TEST_F(VerifierTest, AKeyWithoutKidIgnoresTheTokens) {
  EXPECT_EQ(verdict(with_kid(kSecret, "whatever")), kGood);
  EXPECT_EQ(verdict(with_kid(kSecret, "")), kGood);
}

TEST_F(VerifierTest, AKidNamesTheKey) {
  keys_ = KeySet({key_of("one", "1"), key_of("two", "2")});

  EXPECT_EQ(verdict(with_kid("one", "1")), kGood);
  EXPECT_EQ(verdict(with_kid("two", "2")), kGood);
  EXPECT_EQ(verdict(with_kid("one", "2")), kBadSignature);
  EXPECT_EQ(verdict(with_kid("one", "3")), kUnknownKid);
  EXPECT_EQ(verdict(with_kid("one", "")), kUnknownKid);
}

TEST_F(VerifierTest, WithoutAKidEveryKeyIsTried) {
  keys_ = KeySet({key_of("one", "1"), key_of("two", "2"), key_of("three")});

  for (const std::string_view secret : {"one", "two", "three"}) {
    EXPECT_EQ(verdict(mint("{}", secret)), kGood) << secret;
  }
  EXPECT_EQ(verdict(mint("{}", "four")), kBadSignature);
}

TEST_F(VerifierTest, SeveralKeysMayHaveOneKid) {
  keys_ = KeySet({key_of("one", "1"), key_of("two", "1")});

  EXPECT_EQ(verdict(with_kid("one", "1")), kGood);
  EXPECT_EQ(verdict(with_kid("two", "1")), kGood);
}

TEST_F(VerifierTest, AKeyForOneAlgorithmVerifiesNoOther) {
  options_.algorithms = {SignatureAlgorithm::kHs256, SignatureAlgorithm::kHs512};
  KeySet::Key key = key_of(kSecret);
  key.algorithm = SignatureAlgorithm::kHs512;
  keys_ = KeySet({key});
  EXPECT_EQ(verdict(mint("{}")), kBadSignature);

  key.algorithm = SignatureAlgorithm::kHs256;
  keys_ = KeySet({key});
  EXPECT_EQ(verdict(mint("{}")), kGood);
}

TEST_F(VerifierTest, PreviousSecretsAreGoodUntilTheirEnd) {
  options_.secret = core::Secret("new");
  options_.previous_secrets = {core::Secret("old")};
  options_.grace_period = 60s;
  keys_ = load_keys(options_, now_).value();
  const std::string old = mint(R"({"exp":2000})", "old");

  const Verification verified = verify(old);
  EXPECT_EQ(verified.verdict, kGood);
  EXPECT_EQ(verified.principal->valid_until, now_ + 60s);
  EXPECT_EQ(verdict(mint("{}", "new")), kGood);

  now_ += 59s;
  EXPECT_EQ(verdict(old), kGood);
  now_ += 1s;
  EXPECT_EQ(verdict(old), kBadSignature);
  EXPECT_EQ(verdict(mint("{}", "new")), kGood);
}

TEST_F(VerifierTest, WithoutKeysNothingIsGood) {
  keys_ = KeySet({});
  EXPECT_EQ(verdict(mint("{}")), kBadSignature);
  EXPECT_EQ(verdict(with_kid(kSecret, "1")), kUnknownKid);
}

TEST_F(VerifierTest, EveryVerdictHasAName) {
  for (const Verdict each :
       {kGood, kMalformed, kWrongAlgorithm, kUnknownKid, kBadSignature, kExpired, kNotYetValid,
        kNoExpiry, kWrongIssuer, kWrongAudience, kForbidden}) {
    EXPECT_FALSE(name_of(each).empty());
  }
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
