#include "core/percent.h"

#include <gtest/gtest.h>

#include <string>

namespace yatagarasu::core {
namespace {

struct DecodeCase {
  const char* text;
  std::optional<std::string> bytes;
};

class PercentDecodeTest : public ::testing::TestWithParam<DecodeCase> {};

TEST_P(PercentDecodeTest, DecodesOnceOrRefuses) {
  EXPECT_EQ(percent_decode(GetParam().text), GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Table, PercentDecodeTest,
    ::testing::Values(DecodeCase{"", ""}, DecodeCase{"plain", "plain"}, DecodeCase{"a%20b", "a b"},
                      DecodeCase{"%2e%2E", ".."}, DecodeCase{"a%2520b", "a%20b"},
                      DecodeCase{"a+b", "a+b"}, DecodeCase{"%C3%A4", "\xC3\xA4"},
                      DecodeCase{"%00", std::string(1, '\0')}, DecodeCase{"%", std::nullopt},
                      DecodeCase{"%4", std::nullopt}, DecodeCase{"a%4", std::nullopt},
                      DecodeCase{"%G0", std::nullopt}, DecodeCase{"%0G", std::nullopt},
                      DecodeCase{"%%41", std::nullopt}, DecodeCase{"%-1", std::nullopt}));

TEST(S3EncodeTest, OnlyUnreservedCharactersStandForThemselves) {
  EXPECT_EQ(s3_encode_key("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(s3_encode_key("a b+c*d(e)!'"), "a%20b%2Bc%2Ad%28e%29%21%27");
  EXPECT_EQ(s3_encode_key("\xC3\xBC"), "%C3%BC");
}

TEST(S3EncodeTest, SlashesStayInKeysAndAreEncodedInQueries) {
  EXPECT_EQ(s3_encode_key("a/b"), "a/b");
  EXPECT_EQ(s3_encode_query_part("a/b"), "a%2Fb");
}

TEST(S3EncodeTest, EveryByteSurvivesTheWayThereAndBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));

  EXPECT_EQ(percent_decode(s3_encode_key(all)), all);
  EXPECT_EQ(percent_decode(s3_encode_query_part(all)), all);
}

}  // namespace
}  // namespace yatagarasu::core
