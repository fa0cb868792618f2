#include "auth/jwt/key_set.h"

#include "auth/jwt/options.h"
#include "core/result.h"
#include "core/secret.h"
#include "crypto/algorithm.h"
#include "crypto/verification_key.h"
#include "unit/auth/temporary_file.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

using crypto::KeyKind;
using crypto::SignatureAlgorithm;
using enum SignatureAlgorithm;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono::sys_seconds;
using ::testing::HasSubstr;
using ::testing::Not;

// RFC 7515 appendix A.1 to A.3 and RFC 8037 appendix A.2; the members only.
constexpr std::string_view kOct =
    R"("kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")";
constexpr std::string_view kRsa =
    R"("kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ")";
constexpr std::string_view kEc =
    R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
constexpr std::string_view kOkp =
    R"("kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";
constexpr std::string_view kP521 =
    R"("kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2")";

constexpr std::string_view kEd25519Pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAm4Wxm3YEQsJM1+elCEtYEpqxAYz6Gtq6IbzH0l6TdxU=\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view kP521Pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBnQmoYKaQsamnVifKGPDgiJ4QmPT8\n"
    "RdCDqeL12luE3uRdkRun74eIzVsonht3w5QWev0l+1v/NoLZ6nZdl0jhwMgArvQ9\n"
    "vtaoHFHvXeTt7jDFoJVrYxmnA1BBxCQ1q3NLKqCgdx9Geuu9UfZfu/NYoi4lT4uV\n"
    "720wHz2i2kKHksuL8c0=\n"
    "-----END PUBLIC KEY-----\n";

const std::vector<SignatureAlgorithm> kAny = {kHs256, kRs256, kPs512, kEs256, kEdDsa};

std::string jwk(std::string_view members, std::string_view more = "") {
  return "{" + std::string(members) + (more.empty() ? "" : ",") + std::string(more) + "}";
}
std::string set_of(const std::vector<std::string>& keys) {
  std::string text = R"({"keys":[)";
  for (std::size_t i = 0; i < keys.size(); ++i) text += (i == 0 ? "" : ",") + keys[i];
  return text + "]}";
}

// How many keys of a set can be used; none when it is refused.
std::size_t usable(std::string_view text,
                   const std::vector<SignatureAlgorithm>& algorithms = kAny) {
  const auto keys = parse_jwk_set(text, algorithms);
  return keys ? keys->keys().size() : 0;
}

TEST(JwkSetTest, EveryKindOfKeyIsRead) {
  const auto keys = parse_jwk_set(
      set_of({jwk(kOct, R"("kid":"o")"), jwk(kRsa, R"("kid":"r")"), jwk(kEc), jwk(kOkp)}), kAny);

  ASSERT_TRUE(keys) << keys.error().detail;
  ASSERT_EQ(keys->keys().size(), 4U);
  EXPECT_EQ(keys->keys()[0].key.kind(), KeyKind::kSecret);
  EXPECT_EQ(keys->keys()[0].kid, "o");
  EXPECT_EQ(keys->keys()[1].key.kind(), KeyKind::kRsa);
  EXPECT_EQ(keys->keys()[1].kid, "r");
  EXPECT_EQ(keys->keys()[2].key.kind(), KeyKind::kEcP256);
  EXPECT_EQ(keys->keys()[2].kid, std::nullopt);
  EXPECT_EQ(keys->keys()[3].key.kind(), KeyKind::kEd25519);
  for (const KeySet::Key& key : keys->keys()) EXPECT_EQ(key.valid_until, sys_seconds::max());
}

TEST(JwkSetTest, ASingleKeyIsASet) {
  const auto keys = parse_jwk_set(jwk(kEc, R"("kid":"1","alg":"ES256","use":"sig")"), kAny);

  ASSERT_TRUE(keys) << keys.error().detail;
  ASSERT_EQ(keys->keys().size(), 1U);
  EXPECT_EQ(keys->keys()[0].kid, "1");
  EXPECT_EQ(keys->keys()[0].algorithm, kEs256);
}

TEST(JwkSetTest, WhatAKeyIsForCounts) {
  for (const std::string_view more :
       {"", R"("use":"sig")", R"("key_ops":["verify"])", R"("key_ops":["sign","verify"])",
        R"("alg":"RS256")", R"("alg":"PS512")", R"("x5c":["AA=="],"x5t":"AA")", R"("kid":"")",
        R"("d":"AQ")", R"("unknown":{})"}) {
    EXPECT_EQ(usable(jwk(kRsa, more)), 1U) << more;
  }
  for (const std::string_view more :
       {R"("use":"enc")", R"("use":"")", R"("use":null)", R"("use":["sig"])", R"("key_ops":[])",
        R"("key_ops":["encrypt"])", R"("key_ops":"verify")", R"("key_ops":null)",
        R"("alg":"RS384")", R"("alg":"HS256")", R"("alg":"ES256")", R"("alg":"RSA-OAEP")",
        R"("alg":"none")", R"("alg":null)", R"("alg":1)", R"("kid":1)", R"("kid":null)"}) {
    EXPECT_EQ(usable(jwk(kRsa, more)), 0U) << more;
  }
}

TEST(JwkSetTest, KeysOfNoUseForTheAlgorithmsAreLeftOut) {
  const std::string all = set_of({jwk(kOct), jwk(kRsa), jwk(kEc), jwk(kOkp)});

  EXPECT_EQ(usable(all, {kHs512}), 1U);
  EXPECT_EQ(usable(all, {kRs256}), 1U);
  EXPECT_EQ(usable(all, {kPs256, kRs512}), 1U);
  EXPECT_EQ(usable(all, {kEs256}), 1U);
  EXPECT_EQ(usable(all, {kEs384}), 0U);
  EXPECT_EQ(usable(all, {kEdDsa, kEs256}), 2U);
  EXPECT_EQ(usable(all, {}), 0U);
}

TEST(JwkSetTest, MembersThatAreNoKeysAreLeftOut) {
  for (const std::string_view member :
       {"1", "null", "[]", "\"key\"", "{}", R"({"kty":"oct"})", R"({"kty":"oct","k":""})",
        R"({"kty":"oct","k":"AA=="})", R"({"kty":"oct","k":1})", R"({"kty":"OCT","k":"AAAA"})",
        R"({"k":"AAAA"})", R"({"kty":"RSA","n":"AQAB","e":"AQAB"})", R"({"kty":"RSA","e":"AQAB"})",
        R"({"kty":"RSA","n":"","e":""})", R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})",
        R"({"kty":"OKP","crv":"Ed25519","x":"AA"})", R"({"kty":"OKP","crv":"Ed448","x":"AA"})",
        R"({"kty":"EC","crv":"P-256"})"}) {
    EXPECT_EQ(usable(set_of({std::string(member)})), 0U) << member;
    EXPECT_EQ(usable(set_of({std::string(member), jwk(kEc)})), 1U) << member;
  }
  EXPECT_EQ(usable(jwk(kP521)), 0U);
  // Right in length, but no point of the curve.
  std::string off_curve(kEc);
  off_curve.replace(off_curve.find("x_FE"), 4, "y_FE");
  EXPECT_EQ(usable(jwk(off_curve)), 0U);
}

TEST(JwkSetTest, TextThatIsNoSetIsRefused) {
  for (const std::string_view text :
       {"", "[]", "null", "garbage", "<html></html>", "{}", R"({"keys":[]})", R"({"keys":null})",
        R"({"keys":{}})", R"({"keys":"a"})", R"({"Keys":[]})", R"({"keys":[],"keys":[]})"}) {
    const auto keys = parse_jwk_set(text, kAny);
    ASSERT_FALSE(keys) << text;
    EXPECT_EQ(keys.error().code, core::ErrorCode::kConfiguration);
    EXPECT_FALSE(keys.error().detail.empty());
  }
  EXPECT_FALSE(parse_jwk_set(set_of({jwk(kOct, R"("kty":"oct")")}), kAny));
}

TEST(JwkSetTest, HasNoMoreKeysThanItMay) {
  std::vector<std::string> keys(kMaxKeys, jwk(kOct));
  EXPECT_EQ(usable(set_of(keys)), kMaxKeys);

  keys.push_back(jwk(kOct));

  EXPECT_EQ(usable(set_of(keys)), 0U);
}

TEST(KeySetTest, KnowsTheKidsOfItsKeys) {
  const auto keys =
      parse_jwk_set(set_of({jwk(kOct, R"("kid":"a")"), jwk(kOct, R"("kid":"b")")}), kAny);
  ASSERT_TRUE(keys);

  EXPECT_TRUE(keys->knows("a"));
  EXPECT_TRUE(keys->knows("b"));
  EXPECT_FALSE(keys->knows("A"));
  EXPECT_FALSE(keys->knows(""));
}

TEST(KeySetTest, AKeyWithoutKidMayBeMeantByAny) {
  const auto keys = parse_jwk_set(set_of({jwk(kOct, R"("kid":"a")"), jwk(kOct)}), kAny);
  ASSERT_TRUE(keys);

  EXPECT_TRUE(keys->knows("anything"));
}

class LoadKeysTest : public ::testing::Test {
 protected:
  // The detail, when the file is refused.
  static std::string refusal(const Options& options) {
    const auto keys = load_keys(options, kNow);
    if (keys) return "";
    EXPECT_EQ(keys.error().code, core::ErrorCode::kConfiguration);
    return keys.error().detail;
  }

  static constexpr sys_seconds kNow{1'000'000s};
  TemporaryFile file_;
};

TEST_F(LoadKeysTest, ASecretIsGoodForever) {
  Options options;
  options.algorithms = {kHs256};
  options.secret = core::Secret("s");

  const auto keys = load_keys(options, kNow);

  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->keys().size(), 1U);
  EXPECT_EQ(keys->keys()[0].key.kind(), KeyKind::kSecret);
  EXPECT_EQ(keys->keys()[0].kid, std::nullopt);
  EXPECT_EQ(keys->keys()[0].valid_until, sys_seconds::max());
}

TEST_F(LoadKeysTest, PreviousSecretsEndWithTheGracePeriod) {
  struct Case {
    std::chrono::milliseconds grace;
    sys_seconds end;
  };
  for (const Case& c : {Case{0ms, sys_seconds::max()}, Case{1ms, kNow + 1s}, Case{10s, kNow + 10s},
                        Case{1500ms, kNow + 2s}}) {
    Options options;
    options.algorithms = {kHs256};
    options.secret = core::Secret("new");
    options.previous_secrets = {core::Secret("old"), core::Secret("older")};
    options.grace_period = c.grace;

    const auto keys = load_keys(options, kNow);

    ASSERT_TRUE(keys);
    ASSERT_EQ(keys->keys().size(), 3U);
    EXPECT_EQ(keys->keys()[0].valid_until, sys_seconds::max());
    EXPECT_EQ(keys->keys()[1].valid_until, c.end);
    EXPECT_EQ(keys->keys()[2].valid_until, c.end);
  }
}

TEST_F(LoadKeysTest, APemFileIsOneKeyWithoutKid) {
  file_.write(kEd25519Pem);
  Options options;
  options.algorithms = {kEdDsa};
  options.public_key_file = file_.path();

  const auto keys = load_keys(options, kNow);

  ASSERT_TRUE(keys) << keys.error().detail;
  ASSERT_EQ(keys->keys().size(), 1U);
  EXPECT_EQ(keys->keys()[0].key.kind(), KeyKind::kEd25519);
  EXPECT_TRUE(keys->knows("any"));
}

TEST_F(LoadKeysTest, APemFileMustFitEveryAlgorithm) {
  file_.write(kEd25519Pem);
  Options options;
  options.public_key_file = file_.path();
  for (const std::vector<SignatureAlgorithm>& algorithms :
       {std::vector{kRs256}, std::vector{kEs256}, std::vector{kEdDsa, kRs256},
        std::vector{kHs256}}) {
    options.algorithms = algorithms;
    EXPECT_THAT(refusal(options), HasSubstr("for other algorithms"));
  }
}

TEST_F(LoadKeysTest, APemFileWithoutAUsableKeyIsRefused) {
  Options options;
  options.algorithms = {kEs256};
  options.public_key_file = file_.path();
  for (const std::string_view text :
       {std::string_view(), std::string_view("secret bytes"), kP521Pem,
        std::string_view("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        kEd25519Pem.substr(0, 60)}) {
    file_.write(text);
    const std::string why = refusal(options);
    EXPECT_THAT(why, HasSubstr(file_.path())) << text;
    EXPECT_THAT(why, Not(HasSubstr("secret bytes")));
  }
}

TEST_F(LoadKeysTest, AJwkSetFileIsReadAsASet) {
  file_.write(set_of({jwk(kEc, R"("kid":"1")"), jwk(kRsa)}));
  Options options;
  options.algorithms = {kEs256};
  options.jwks_file = file_.path();

  const auto keys = load_keys(options, kNow);

  ASSERT_TRUE(keys) << keys.error().detail;
  EXPECT_EQ(keys->keys().size(), 1U);
  options.algorithms = {kEdDsa};
  EXPECT_THAT(refusal(options), HasSubstr(file_.path()));
}

TEST_F(LoadKeysTest, FilesThatCannotBeReadAreRefused) {
  for (std::string Options::* const member : {&Options::public_key_file, &Options::jwks_file}) {
    Options options;
    options.algorithms = {kEs256};

    options.*member = file_.path() + ".missing";
    EXPECT_THAT(refusal(options), HasSubstr("No such file"));
    options.*member = "/";
    EXPECT_THAT(refusal(options), HasSubstr("/ is no file"));
    file_.write(std::string(1024 * 1024 + 1, ' '));
    options.*member = file_.path();
    EXPECT_THAT(refusal(options), HasSubstr("at most 1 MiB"));
  }
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
