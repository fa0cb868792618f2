#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "auth/jwt/token_source.h"
#include "auth/jwt/verifier.h"
#include "crypto/algorithm.h"
#include "http/fields.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

namespace json = boost::json;
using crypto::SignatureAlgorithm;
using std::chrono::sys_seconds;

const std::filesystem::path kVectors = YATAGARASU_VECTORS "/jwt";

const std::vector<SignatureAlgorithm>& all_algorithms() {
  using enum SignatureAlgorithm;
  static const std::vector<SignatureAlgorithm> all = {kHs256, kHs384, kHs512, kRs256,
                                                      kRs384, kRs512, kPs256, kPs384,
                                                      kPs512, kEs256, kEs384, kEdDsa};
  return all;
}

json::value load(const std::filesystem::path& path) {
  std::ifstream stream(path);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return json::parse(text);
}

std::string text_of(const json::value& value) {
  return std::string(std::string_view(value.as_string()));
}

// Valid for Wycheproof, refused here: a key whose `alg` is another one (346, 350; RFC 8725 §3.1: a
// key is for one algorithm) and text that is no base64url (372, 373; RFC 7515 §2).
const std::set<int> kRefused = {346, 350, 372, 373};
// Said to have bad padding, but the file has lost it: both are the text of a token that is good.
const std::set<int> kGood = {367, 370};

bool is_signed_by(std::string_view token, const json::value& jwk) {
  const auto keys = parse_jwk_set(json::serialize(jwk), all_algorithms());
  if (!keys) return false;
  Options options;
  options.algorithms = all_algorithms();
  return check_signature(token, options, *keys, sys_seconds()).verdict == Verdict::kGood;
}

class JwtVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kVectors))
      GTEST_SKIP() << "set YATAGARASU_VECTORS: no " << kVectors;
  }
};

TEST_F(JwtVectors, Rfc7515) {
  const json::value file = load(kVectors / "rfc7515.json");
  for (const json::value& each : file.at("cases").as_array()) {
    const json::object& example = each.as_object();
    const json::object* const jwk = example.at("jwk").if_object();
    const bool is_known = jwk != nullptr && !(jwk->contains("crv") && jwk->at("crv") == "P-521");
    const bool is_signed =
        jwk != nullptr && is_signed_by(text_of(example.at("token")), json::value(*jwk));
    EXPECT_EQ(is_signed, is_known && example.at("signature") == "valid") << example.at("id");
  }
}

TEST_F(JwtVectors, Rfc7520) {
  int verified = 0;
  for (const char* const folder : {"jws", "curve25519"}) {
    for (const auto& entry : std::filesystem::directory_iterator(kVectors / "rfc7520" / folder)) {
      const json::value file = load(entry.path());
      const json::object& output = file.at("output").as_object();
      if (!output.contains("compact")) continue;
      const std::string token = text_of(output.at("compact"));
      const json::value& key = file.at("input").at("key");
      const bool is_p521 = key.as_object().contains("crv") && key.at("crv") == "P-521";
      const bool is_detached = token.contains("..");
      EXPECT_EQ(is_signed_by(token, key), !is_p521 && !is_detached) << entry.path();
      ++verified;
    }
  }
  EXPECT_GE(verified, 5);
}

TEST_F(JwtVectors, WycheproofSignatures) {
  const json::value file = load(kVectors / "wycheproof/json_web_signature_test.json");
  int valid = 0;
  int invalid = 0;
  for (const json::value& group : file.at("testGroups").as_array()) {
    const json::object& members = group.as_object();
    const json::value* key = members.if_contains("public");
    if (key == nullptr) key = members.if_contains("private");
    ASSERT_NE(key, nullptr);
    for (const json::value& each : members.at("tests").as_array()) {
      const json::value& jws = each.at("jws");
      const bool is_valid = each.at("result") == "valid";
      const bool is_compact = jws.is_string();
      const bool is_p521 = key->as_object().contains("crv") && key->at("crv") == "P-521";
      const std::string token = is_compact ? text_of(jws) : json::serialize(jws);
      const int id = each.at("tcId").to_number<int>();
      const bool is_expected =
          (is_valid && is_compact && !is_p521 && !kRefused.contains(id)) || kGood.contains(id);
      EXPECT_EQ(is_signed_by(token, *key), is_expected)
          << members.at("comment") << " " << each.at("tcId") << " " << each.at("comment");
      ++(is_valid ? valid : invalid);
    }
  }
  EXPECT_GE(valid, 40);
  EXPECT_GE(invalid, 300);
}

// HMAC and asymmetric keys are trusted together: that is when confusing them would hurt.
TEST(JwtAttacks, EveryTokenIsJudgedAsItShould) {
  const json::value file = load(YATAGARASU_SOURCE_DIR "/tests/vectors/jwt/jwt-attacks.json");
  const sys_seconds now{std::chrono::seconds(file.at("now").to_number<std::int64_t>())};
  const auto keys = parse_jwk_set(json::serialize(file.at("jwks")), all_algorithms());
  ASSERT_TRUE(keys) << keys.error().detail;
  int rejected = 0;
  int accepted = 0;
  for (const json::value& each : file.at("cases").as_array()) {
    const json::object& attack = each.as_object();
    const bool is_expected = attack.at("expect") == "accept" && attack.at("id") != "valid-ES512";
    if (attack.at("expect") == "accept-or-reject") continue;
    Options options;
    options.algorithms = all_algorithms();
    options.issuer = text_of(file.at("issuer"));
    options.audience = {text_of(file.at("audience"))};
    if (const json::value* const config = attack.if_contains("config")) {
      const json::object& overrides = config->as_object();
      if (const json::value* const leeway = overrides.if_contains("leeway")) {
        options.leeway = std::chrono::seconds(leeway->to_number<std::int64_t>());
      }
      if (const json::value* const algorithms = overrides.if_contains("algorithms")) {
        options.algorithms.clear();
        for (const json::value& name : algorithms->as_array()) {
          if (auto known = crypto::parse_signature_algorithm(text_of(name))) {
            options.algorithms.push_back(*known);
          }
        }
      }
    }
    const std::string token_text = text_of(attack.at("token"));
    const std::string value = attack.contains("kind") ? token_text : "Bearer " + token_text;
    http::Fields fields;
    fields.add("Authorization", value);
    std::string scratch;
    const auto token = find_token(options.token_sources, fields, "", scratch);
    const bool is_good =
        token && verify_token(*token, options, *keys, now).verdict == Verdict::kGood;
    EXPECT_EQ(is_good, is_expected) << attack.at("id") << ": " << attack.at("note");
    ++(is_expected ? accepted : rejected);
  }
  EXPECT_GE(rejected, 78);
  EXPECT_GE(accepted, 20);
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
