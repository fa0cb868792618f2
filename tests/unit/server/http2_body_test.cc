#include "server/http2_body.h"

#include "unit/server/fake_answers.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

namespace yatagarasu::server {
namespace {

using Then = http::H2Bodies::Then;
using http::Method;

Response with_text(std::string text) {
  Response response;
  response.status = 200;
  response.body = std::move(text);
  return response;
}

Response with_stream(std::optional<std::uint64_t> length) {
  return streamed({}, Pieces::End::kWhole, length);
}

TEST(Http2BodyTest, BytesAtHandAreOfferedToTheirEnd) {
  const Response response = with_text("hello");
  Http2Body body;
  body.begin(response, Method::kGet);
  http::H2Output output;

  EXPECT_EQ(body.announced(), 5);
  EXPECT_EQ(body.offer(3).then, Then::kMore);
  body.append(3, output);
  const http::H2Bodies::Offer last = body.offer(100);

  EXPECT_EQ(last.bytes, 2);
  EXPECT_EQ(last.then, Then::kEnd);
}

TEST(Http2BodyTest, ThereIsNoneWhereNoneIsAllowed) {
  Response not_modified = with_text("hello");
  not_modified.status = 304;
  const Response response = with_text("hello");
  const Response empty = with_text("");
  Http2Body body;

  body.begin(response, Method::kHead);
  EXPECT_FALSE(body.has_body());
  EXPECT_EQ(body.announced(), 5);
  body.begin(not_modified, Method::kGet);
  EXPECT_FALSE(body.has_body());
  EXPECT_FALSE(body.announced());
  body.begin(empty, Method::kGet);
  EXPECT_FALSE(body.has_body());
  EXPECT_EQ(body.announced(), 0);
}

TEST(Http2BodyTest, BytesThatAreNotAsManyAsPromisedAreCut) {
  Response response = with_text("hello");
  response.content_length = 6;
  Http2Body body;

  body.begin(response, Method::kGet);

  EXPECT_TRUE(body.is_cut());
  EXPECT_EQ(body.offer(100).then, Then::kCut);
}

TEST(Http2BodyTest, AStreamWaitsBetweenItsPiecesAndEndsWithItsLength) {
  const Response response = with_stream(5);
  Http2Body body;
  body.begin(response, Method::kGet);
  http::H2Output output;
  EXPECT_TRUE(body.wants_piece());
  EXPECT_EQ(body.offer(100).then, Then::kWait);

  body.take(std::string_view("hel"));
  EXPECT_FALSE(body.wants_piece());
  EXPECT_EQ(body.offer(100).then, Then::kMore);
  body.append(3, output);
  EXPECT_TRUE(body.wants_piece());
  body.take(std::string_view("lo"));

  EXPECT_EQ(body.offer(100).then, Then::kEnd);
  EXPECT_FALSE(body.wants_more());
}

TEST(Http2BodyTest, AStreamWithoutLengthEndsWhenItSaysSo) {
  const Response response = with_stream(std::nullopt);
  Http2Body body;
  body.begin(response, Method::kGet);
  http::H2Output output;
  body.take(std::string_view("abc"));
  EXPECT_EQ(body.offer(100).then, Then::kMore);
  body.append(3, output);

  body.take(std::string_view());

  EXPECT_EQ(body.offer(100).bytes, 0);
  EXPECT_EQ(body.offer(100).then, Then::kEnd);
  EXPECT_FALSE(body.announced());
}

TEST(Http2BodyTest, AStreamThatEndsEarlyLateOrInAnErrorIsCut) {
  const Response response = with_stream(5);
  Http2Body body;

  body.begin(response, Method::kGet);
  body.take(std::string_view());
  EXPECT_EQ(body.offer(1).then, Then::kCut) << "early";
  body.begin(response, Method::kGet);
  body.take(std::string_view("longer"));
  EXPECT_EQ(body.offer(1).then, Then::kCut) << "late";
  body.begin(response, Method::kGet);
  body.take(core::failure(core::ErrorCode::kOriginUnreachable, "cut"));
  EXPECT_EQ(body.offer(1).then, Then::kCut) << "error";
}

}  // namespace
}  // namespace yatagarasu::server
