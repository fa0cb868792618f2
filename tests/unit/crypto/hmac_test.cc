#include "crypto/hmac.h"

#include "core/ascii.h"
#include "crypto/sha256.h"
#include "crypto/sha512.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace yatagarasu::crypto {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

struct MacCase {
  std::string key;
  std::string message;
  std::string_view tag;
};

TEST(HmacSha256Test, GivesTheTagsOfRfc4231) {
  const MacCase cases[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const MacCase& mac : cases) {
    EXPECT_EQ(to_hex(hmac_sha256(mac.key, mac.message)), mac.tag) << mac.message;
  }
}

TEST(HmacSha256Test, AKeyOfExactlyOneBlockIsNotHashed) {
  const std::string block(64, 'k');

  EXPECT_EQ(hmac_sha256(block + "k", "m"), hmac_sha256(as_bytes(sha256(block + "k")), "m"));
  EXPECT_NE(hmac_sha256(block, "m"), hmac_sha256(as_bytes(sha256(block)), "m"));
}

TEST(HmacSha256Test, APreparedKeyGivesTheSameTagEachTime) {
  const HmacSha256Key key("secret");

  EXPECT_EQ(key.mac("first"), hmac_sha256("secret", "first"));
  EXPECT_EQ(key.mac("second"), hmac_sha256("secret", "second"));
  EXPECT_EQ(key.mac("first"), hmac_sha256("secret", "first"));
}

TEST(HmacSha256Test, ADerivedKeyIsTheTagUsedAsAKey) {
  const Sha256Digest tag = hmac_sha256("secret", "step");

  EXPECT_EQ(HmacSha256Key("secret").derive("step").mac("m"), hmac_sha256(as_bytes(tag), "m"));
}

TEST(HmacSha512Test, AKeyOfExactlyOneBlockIsNotHashed) {
  const std::string block(128, 'k');

  EXPECT_EQ(HmacSha384Key(block + "k").mac("m"),
            HmacSha384Key(as_bytes(sha384(block + "k"))).mac("m"));
  EXPECT_NE(HmacSha384Key(block).mac("m"), HmacSha384Key(as_bytes(sha384(block))).mac("m"));
  EXPECT_EQ(HmacSha512Key(block + "k").mac("m"),
            HmacSha512Key(as_bytes(sha512(block + "k"))).mac("m"));
  EXPECT_NE(HmacSha512Key(block).mac("m"), HmacSha512Key(as_bytes(sha512(block))).mac("m"));
}

template <class Key>
void expect_agreement_with_wycheproof(const std::string& name) {
  const std::string path = YATAGARASU_VECTORS "/jwt/wycheproof/" + name;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "set YATAGARASU_VECTORS: no " << path;
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  int checked = 0;

  const boost::json::value document = boost::json::parse(text);
  for (const auto& group : document.at("testGroups").as_array()) {
    const std::size_t tag_chars = group.at("tagSize").to_number<std::size_t>() / 4;
    for (const auto& test : group.at("tests").as_array()) {
      const Key key(from_hex(test.at("key").as_string()));
      const std::string tag = core::to_hex(as_bytes(key.mac(from_hex(test.at("msg").as_string()))));
      const bool is_valid = tag.substr(0, tag_chars) == test.at("tag").as_string();
      EXPECT_EQ(is_valid, test.at("result").as_string() == "valid") << test.at("tcId");
      ++checked;
    }
  }
  EXPECT_EQ(checked, document.at("numberOfTests").to_number<int>());
}

TEST(HmacVectorsTest, AgreesWithWycheproofOnSha256) {
  expect_agreement_with_wycheproof<HmacSha256Key>("hmac_sha256_test.json");
}

TEST(HmacVectorsTest, AgreesWithWycheproofOnSha384) {
  expect_agreement_with_wycheproof<HmacSha384Key>("hmac_sha384_test.json");
}

TEST(HmacVectorsTest, AgreesWithWycheproofOnSha512) {
  expect_agreement_with_wycheproof<HmacSha512Key>("hmac_sha512_test.json");
}

}  // namespace
}  // namespace yatagarasu::crypto
