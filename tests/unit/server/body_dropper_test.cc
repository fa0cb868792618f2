#include "server/body_dropper.h"

#include <gtest/gtest.h>

namespace yatagarasu::server {
namespace {

using Status = BodyDropper::Status;

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

TEST(BodyDropperTest, ARequestWithoutABodyIsDoneAtOnce) {
  EXPECT_EQ(BodyDropper(http::RequestHead{}, 10).begin(), Status::kDone);
  EXPECT_EQ(BodyDropper(with_length(0), 10).begin(), Status::kDone);
}

TEST(BodyDropperTest, AnAnnouncedLengthBeyondTheLimitIsRefusedAtOnce) {
  EXPECT_EQ(BodyDropper(with_length(10), 10).begin(), Status::kMore);
  EXPECT_EQ(BodyDropper(with_length(11), 10).begin(), Status::kTooLarge);
}

TEST(BodyDropperTest, StopsAtTheEndOfTheLength) {
  BodyDropper dropper(with_length(5), 10);

  const auto first = dropper.feed("abc");
  const auto second = dropper.feed("deGET /");

  EXPECT_EQ(first.status, Status::kMore);
  EXPECT_EQ(second.status, Status::kDone);
  EXPECT_EQ(second.consumed, 2U);
}

TEST(BodyDropperTest, StopsBehindTheLastChunk) {
  BodyDropper dropper(chunked(), 10);

  const auto step = dropper.feed("3\r\nabc\r\n0\r\n\r\nGET /");

  EXPECT_EQ(step.status, Status::kDone);
  EXPECT_EQ(step.consumed, 13U);
}

TEST(BodyDropperTest, ChunksTogetherMayNotPassTheLimit) {
  BodyDropper dropper(chunked(), 4);

  EXPECT_EQ(dropper.feed("3\r\nabc\r\n").status, Status::kMore);
  EXPECT_EQ(dropper.feed("3\r\nabc\r\n").status, Status::kTooLarge);
}

TEST(BodyDropperTest, BrokenChunksAreMalformed) {
  BodyDropper dropper(chunked(), 10);

  EXPECT_EQ(dropper.feed("x\r\n").status, Status::kMalformed);
}

}  // namespace
}  // namespace yatagarasu::server
