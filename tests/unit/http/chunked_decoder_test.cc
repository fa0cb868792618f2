#include "http/codec/chunked_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

using Status = ChunkedDecoder::Status;

struct Decoded {
  Status status = Status::kNeedMore;
  std::string data;
  std::size_t consumed = 0;

  bool operator==(const Decoded&) const = default;
};

Decoded decode_in_pieces(std::string_view coded, std::size_t piece) {
  ChunkedDecoder decoder;
  Decoded decoded;
  std::size_t arrived = 0;
  do {
    arrived = std::min(arrived + piece, coded.size());
    do {
      const std::string_view unread = coded.substr(decoded.consumed, arrived - decoded.consumed);
      const ChunkedDecoder::Step step = decoder.feed(unread);
      EXPECT_LE(step.consumed, unread.size());
      decoded.status = step.status;
      decoded.data += step.data;
      decoded.consumed += step.consumed;
    } while (decoded.status == Status::kData);
  } while (decoded.status == Status::kNeedMore && arrived < coded.size());
  return decoded;
}

// The same in every split.
Decoded decode(std::string_view coded) {
  const Decoded whole = decode_in_pieces(coded, coded.size());
  for (const std::size_t piece : {1U, 2U, 3U, 5U, 16U}) {
    const Decoded split = decode_in_pieces(coded, piece);
    EXPECT_EQ(split.status, whole.status) << coded << " in pieces of " << piece;
    EXPECT_EQ(split.data, whole.data) << coded << " in pieces of " << piece;
    if (whole.status == Status::kEnd) EXPECT_EQ(split.consumed, whole.consumed);
  }
  return whole;
}

TEST(ChunkedDecoderTest, ChunksAreJoinedAndWhatFollowsIsLeft) {
  const Decoded decoded = decode("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /");
  EXPECT_EQ(decoded.status, Status::kEnd);
  EXPECT_EQ(decoded.data, "hello world");
  EXPECT_EQ(decoded.consumed, 26U);
}

TEST(ChunkedDecoderTest, DataPointsIntoTheInput) {
  const std::string input = "5\r\nhello\r\n";
  ChunkedDecoder decoder;
  const ChunkedDecoder::Step step = decoder.feed(input);
  EXPECT_EQ(step.status, Status::kData);
  EXPECT_EQ(step.data.data(), input.data() + 3);
  EXPECT_EQ(step.consumed, 8U);
}

TEST(ChunkedDecoderTest, ARunUpToTheEndOfTheInputAsksForMore) {
  ChunkedDecoder decoder;
  const ChunkedDecoder::Step step = decoder.feed("5\r\nhel");
  EXPECT_EQ(step.status, Status::kNeedMore);
  EXPECT_EQ(step.data, "hel");
  EXPECT_EQ(step.consumed, 6U);
}

TEST(ChunkedDecoderTest, AfterTheEndAndAfterAFailureNothingMoreIsConsumed) {
  ChunkedDecoder ended;
  EXPECT_EQ(ended.feed("0\r\n\r\n").status, Status::kEnd);
  EXPECT_EQ(ended.feed("5\r\n").status, Status::kEnd);
  EXPECT_EQ(ended.feed("5\r\n").consumed, 0U);

  ChunkedDecoder failed;
  EXPECT_EQ(failed.feed("x").status, Status::kFailed);
  EXPECT_EQ(failed.feed("0\r\n\r\n").status, Status::kFailed);
}

TEST(ChunkedDecoderTest, SizesAreHexadecimalInEitherCaseWithLeadingZeros) {
  EXPECT_EQ(decode("a\r\n0123456789\r\n000\r\n\r\n").data, "0123456789");
  EXPECT_EQ(decode("000A\r\n0123456789\r\n0\r\n\r\n").data, "0123456789");
}

TEST(ChunkedDecoderTest, ExtensionsAndTrailersAreCheckedAndDropped) {
  for (const std::string_view coded :
       {"2;a\r\nhi\r\n0\r\n\r\n", "2;a=b;c=d\r\nhi\r\n0;e\r\n\r\n",
        "2;a=\"x;y\\\"z\"\r\nhi\r\n0\r\n\r\n", "2 ; a = b ; c\r\nhi\r\n0\r\n\r\n",
        "2; a ;b=\"\"\r\nhi\r\n0\r\n\r\n", "2\r\nhi\r\n0\r\nX-A: b\r\nX-B:\r\n\r\n",
        "2\r\nhi\r\n0\r\nHosts: b\r\nContent-Lengthy: 1\r\nTransfer-Encodings: x\r\n\r\n"}) {
    const Decoded decoded = decode(coded);
    EXPECT_EQ(decoded.status, Status::kEnd) << coded;
    EXPECT_EQ(decoded.data, "hi") << coded;
    EXPECT_EQ(decoded.consumed, coded.size()) << coded;
  }
}

TEST(ChunkedDecoderTest, WhatCouldBeReadInTwoWaysIsRefused) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view coded : {"\r\n"sv,
                                       " 5\r\n"sv,
                                       "+5\r\n"sv,
                                       "-5\r\n"sv,
                                       "0x5\r\n"sv,
                                       "5g\r\n"sv,
                                       "5.0\r\n"sv,
                                       "5_0\r\n"sv,
                                       "5\n"sv,
                                       "5\r5"sv,
                                       "5\r\nhelloo"sv,
                                       "5\r\nhello\n"sv,
                                       "5\r\nhello\r\r"sv,
                                       "5;\r\n"sv,
                                       "5;;a\r\n"sv,
                                       "5;=b\r\n"sv,
                                       "5;a=\r\n"sv,
                                       "5;a=\"b\r\n"sv,
                                       "5;a=\"b\"c\r\n"sv,
                                       "5;a=\"\\\r\n"sv,
                                       "5;a\n"sv,
                                       "5;a=b\rc"sv,
                                       "5;a=\0"sv,
                                       "5;a b\r\n"sv,
                                       "5;a=b c\r\n"sv,
                                       "5 \r\n"sv,
                                       "5 x\r\n"sv,
                                       "0\r\nbad line\r\n"sv,
                                       "0\r\n: x\r\n"sv,
                                       "0\r\n x: y\r\n"sv,
                                       "0\r\nX: a\r\n b\r\n"sv,
                                       "0\r\nX: a\n"sv,
                                       "0\r\nX: \0\r\n"sv,
                                       "0\r\n\rX"sv,
                                       "0\r\nContent-Length: 1\r\n"sv,
                                       "0\r\ntransfer-encoding: chunked\r\n"sv,
                                       "0\r\nHOST: a\r\n"sv,
                                       "10000000000000005\r\n"sv,
                                       "ffffffffffffffff\r\n"sv,
                                       "8000000000000000\r\n"sv,
                                       "00000000000000005\r\n"sv}) {
    EXPECT_EQ(decode(coded).status, Status::kFailed) << coded;
  }
}

TEST(ChunkedDecoderTest, WhatEndsEarlyIsNeverWhole) {
  const std::string_view coded = "5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t size = 0; size < coded.size(); ++size) {
    EXPECT_EQ(decode(coded.substr(0, size)).status, Status::kNeedMore) << size;
  }
  EXPECT_EQ(decode(coded).status, Status::kEnd);
}

TEST(ChunkedDecoderTest, LinesAndTrailersHaveBounds) {
  EXPECT_EQ(decode("1;" + std::string(4000, 'a')).status, Status::kNeedMore);
  EXPECT_EQ(decode("1;" + std::string(4096, 'a')).status, Status::kFailed);
  EXPECT_EQ(decode("0\r\nX:" + std::string(8000, 'a')).status, Status::kNeedMore);
  EXPECT_EQ(decode("0\r\nX:" + std::string(8192, 'a')).status, Status::kFailed);
}

TEST(ChunkedDecoderTest, TinyChunksWithoutExtensionsGoOnForEver) {
  std::string coded;
  for (int i = 0; i < 20'000; ++i) coded += "1\r\nZ\r\n";
  EXPECT_EQ(decode_in_pieces(coded, 4096).status, Status::kNeedMore);
}

TEST(ChunkedDecoderTest, ExtensionsAreBoundedAgainstTheData) {
  const std::string extension = ";x=" + std::string(200, 'y') + "\r\n";
  std::string tiny;
  std::string large;
  for (int i = 0; i < 200; ++i) {
    tiny += "1" + extension + "Z\r\n";
    large += "200" + extension + std::string(512, 'Z') + "\r\n";
  }
  EXPECT_EQ(decode_in_pieces(tiny, 4096).status, Status::kFailed);
  EXPECT_EQ(decode_in_pieces(large, 4096).status, Status::kNeedMore);
}

}  // namespace
}  // namespace yatagarasu::http
