#include "server/body_reader.h"

#include <gtest/gtest.h>

namespace yatagarasu::server {
namespace {

using Status = BodyReader::Status;

http::RequestHead with_length(std::uint64_t length) {
  http::RequestHead head;
  head.content_length = length;
  return head;
}

http::RequestHead chunked() {
  http::RequestHead head;
  head.is_chunked = true;
  return head;
}

TEST(BodyReaderTest, ARequestWithoutABodyIsDoneAtOnce) {
  EXPECT_EQ(BodyReader(http::RequestHead{}, 10).begin(), Status::kDone);
  EXPECT_EQ(BodyReader(with_length(0), 10).begin(), Status::kDone);
}

TEST(BodyReaderTest, AnAnnouncedLengthBeyondTheLimitIsRefusedAtOnce) {
  EXPECT_EQ(BodyReader(with_length(10), 10).begin(), Status::kMore);
  EXPECT_EQ(BodyReader(with_length(11), 10).begin(), Status::kTooLarge);
}

TEST(BodyReaderTest, StopsAtTheEndOfTheLength) {
  BodyReader reader(with_length(5), 10);

  const auto first = reader.feed("abc");
  const auto second = reader.feed("deGET /");

  EXPECT_EQ(first.status, Status::kMore);
  EXPECT_EQ(second.status, Status::kDone);
  EXPECT_EQ(second.consumed, 2U);
}

TEST(BodyReaderTest, StopsBehindTheLastChunk) {
  BodyReader reader(chunked(), 10);

  const auto step = reader.feed("3\r\nabc\r\n0\r\n\r\nGET /");

  EXPECT_EQ(step.status, Status::kDone);
  EXPECT_EQ(step.consumed, 13U);
}

TEST(BodyReaderTest, KeepsWhatBelongsToTheBodyWhereItIsWanted) {
  std::string sized;
  BodyReader by_length(with_length(5), 10, &sized);
  by_length.feed("abc");
  by_length.feed("deGET /");
  EXPECT_EQ(sized, "abcde");

  std::string decoded;
  BodyReader by_chunks(chunked(), 10, &decoded);
  by_chunks.feed("3\r\nab");
  by_chunks.feed("c\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\nGET /");
  EXPECT_EQ(decoded, "abcde");
}

TEST(BodyReaderTest, ChunksTogetherMayNotPassTheLimit) {
  BodyReader reader(chunked(), 4);

  EXPECT_EQ(reader.feed("3\r\nabc\r\n").status, Status::kMore);
  EXPECT_EQ(reader.feed("3\r\nabc\r\n").status, Status::kTooLarge);
}

TEST(BodyReaderTest, BrokenChunksAreMalformed) {
  BodyReader reader(chunked(), 10);

  EXPECT_EQ(reader.feed("x\r\n").status, Status::kMalformed);
}

}  // namespace
}  // namespace yatagarasu::server
