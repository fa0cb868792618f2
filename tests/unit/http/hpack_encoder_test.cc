#include "http/codec/hpack_encoder.h"

#include "core/ascii.h"
#include "http/fields.h"
#include "support/hpack_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

using Decoded = support::HpackDecoder::Fields;
using std::string_view_literals::operator""sv;
using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;

class HpackEncoderTest : public ::testing::Test {
 protected:
  std::string block(int status, const HeaderBlock& headers = {}) {
    std::string made;
    encoder_.begin(made);
    encoder_.add_status(status);
    encoder_.add_lines(headers.wire());
    return made;
  }
  // One field, without the byte of status 200 in front of it.
  std::string field(std::string_view name, std::string_view value) {
    HeaderBlock headers;
    headers.add(name, value);
    const std::string made = block(200, headers);
    EXPECT_EQ(made.front(), '\x88');
    return made.substr(1);
  }

  HpackEncoder encoder_;
  support::HpackDecoder decoder_;
};

TEST_F(HpackEncoderTest, AStatusOfTheStaticTableIsOneByte) {
  EXPECT_EQ(block(200), "\x88");
  EXPECT_EQ(block(206), "\x8a");
  EXPECT_EQ(block(304), "\x8b");
  EXPECT_EQ(block(404), "\x8d");
}

TEST_F(HpackEncoderTest, AnyOtherStatusIsSpelledOut) {
  EXPECT_EQ(block(418),
            "\x08\x03"
            "418");
  EXPECT_THAT(decoder_.decode(block(100)), Optional(ElementsAre(Pair(":status", "100"))));
}

// RFC 7541 appendix C.2.1.
TEST_F(HpackEncoderTest, ALineWithANewNameEntersTheTable) {
  EXPECT_EQ(field("custom-key", "custom-header"),
            "\x40\x0a"
            "custom-key\x0d"
            "custom-header");
  EXPECT_EQ(field("custom-key", "custom-header"), "\xbe");
}

TEST_F(HpackEncoderTest, NamesAreSentInLowerCase) {
  EXPECT_EQ(field("X-Cache", "HIT"), "\x40\x07x-cache\x03HIT");
}

TEST_F(HpackEncoderTest, WhatNeverComesAgainDoesNotEnterTheTable) {
  field("X-Request-Id", "1");

  // The name of entry 62, without indexing (§6.2.2).
  EXPECT_EQ(field("X-Request-Id", "2"),
            "\x0f\x2f\x01"
            "2"sv);
  EXPECT_EQ(field("X-Request-Id", "3"),
            "\x0f\x2f\x01"
            "3"sv);
  EXPECT_EQ(field("X-Request-Id", "1"), "\xbe");
}

TEST_F(HpackEncoderTest, WithANameThatIsKnownALineEntersTheSecondTime) {
  EXPECT_EQ(field("ETag", "\"a\""), "\x0f\x13\x03\"a\""sv);
  EXPECT_EQ(field("ETag", "\"a\""), "\x62\x03\"a\"");
  EXPECT_EQ(field("ETag", "\"a\""), "\xbe");
}

TEST_F(HpackEncoderTest, WhatIsAboutTheConnectionIsLeftOut) {
  EXPECT_EQ(field("Connection", "close"), "");
  EXPECT_EQ(field("Transfer-Encoding", "chunked"), "");
}

TEST_F(HpackEncoderTest, AFieldBesideTheLinesIsOneOfThem) {
  std::string made;
  encoder_.begin(made);
  encoder_.add_status(200);
  encoder_.add_field("content-length", "7");

  EXPECT_EQ(made,
            "\x88\x0f\x0d\x01"
            "7");
}

TEST_F(HpackEncoderTest, OneLineDoesNotPushOutHalfOfTheOthers) {
  const std::string value(HpackEncoder::kMaxTable / 4, 'v');
  field("x-small", "v");
  field("x-large", value);

  EXPECT_GT(field("x-large", value).size(), value.size());
  EXPECT_EQ(field("x-small", "v"), "\xbe");
}

TEST_F(HpackEncoderTest, ASmallerTableIsAnnouncedAndEmptied) {
  field("x-a", "1");
  field("x-b", "1");

  encoder_.limit_table(40);

  EXPECT_EQ(block(200), "\x3f\x09\x88");  // §6.3.
  EXPECT_EQ(block(200), "\x88");
  EXPECT_THAT(field("x-a", "1"), ::testing::StartsWith("\x00"sv));  // 36 bytes: too much of 40.
}

TEST_F(HpackEncoderTest, ATableThatWasEmptyMeanwhileIsAnnouncedTwice) {
  field("x-a", "1");

  encoder_.limit_table(0);
  encoder_.limit_table(1 << 20);

  EXPECT_EQ(block(200), "\x20\x3f\xe1\x1f\x88");
  EXPECT_THAT(field("x-a", "1"), ::testing::StartsWith("\x40"));
}

TEST_F(HpackEncoderTest, MoreThanTheUsualTableIsNotUsed) {
  encoder_.limit_table(1 << 20);

  EXPECT_EQ(block(200), "\x88");
}

// Whatever is sent, in whatever order: a client's decoder reads the same.
TEST_F(HpackEncoderTest, ADecoderReadsWhatWasSaid) {
  constexpr std::array kNames = {"Content-Type", "ETag", "X-Cache", "X-Request-Id", "Age",
                                 "x-amz-meta-a", "Vary", "Date",    "x-custom",     "Link"};
  constexpr std::array kLimits = {0U, 50U, 200U, 1'000U, 4'096U, 65'536U};
  constexpr std::array<std::size_t, 6> kSizes = {0, 1, 10, 126, 300, 3'000};
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same each time.
  const auto below = [&random](std::size_t most) { return random() % most; };

  for (int i = 0; i < 20'000; ++i) {
    for (std::size_t change = below(20); change > 17; --change) {
      const std::uint32_t limit = kLimits[below(kLimits.size())];
      encoder_.limit_table(limit);
      decoder_.limit_table(limit);
    }
    HeaderBlock headers;
    Decoded expected = {{":status", below(2) == 0 ? "200" : "503"}};
    for (std::size_t fields = below(12); fields > 0; --fields) {
      const std::string name = kNames[below(kNames.size())];
      std::string value(kSizes[below(below(8) == 0 ? kSizes.size() : 3)], 'v');
      value += std::to_string(below(1 + below(40)));
      headers.add(name, value);
      expected.emplace_back(core::to_lower(name), value);
    }
    ASSERT_THAT(decoder_.decode(block(expected[0].second == "200" ? 200 : 503, headers)),
                Optional(expected))
        << "block " << i;
  }
}

}  // namespace
}  // namespace yatagarasu::http
