#include "http/codec/h1_response_parser.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::size_t kHeadBytes = 4096;

class H1ResponseParserTest : public ::testing::Test {
 protected:
  void accept(std::string_view raw) {
    raw_ = raw;
    parser_.reset();
    ASSERT_EQ(parser_.parse(raw_, head_), ParseProgress::kDone) << parser_.failure();
  }
  // True when refused, for the same reason in one piece and byte by byte.
  static bool refuses(std::string_view raw) {
    ResponseHead head;
    H1ResponseParser whole(kHeadBytes);
    const bool is_refused = whole.parse(raw, head) == ParseProgress::kFailed;
    H1ResponseParser split(kHeadBytes);
    ParseProgress progress = ParseProgress::kNeedMore;
    for (std::size_t i = 1; i <= raw.size() && progress == ParseProgress::kNeedMore; ++i) {
      progress = split.parse(raw.substr(0, i), head);
    }
    EXPECT_EQ(progress == ParseProgress::kFailed, is_refused) << raw;
    EXPECT_EQ(split.failure(), whole.failure()) << raw;
    EXPECT_EQ(whole.failure().empty(), !is_refused);
    return is_refused;
  }
  static bool refuses_fields(std::string_view fields) {
    return refuses("HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n");
  }

  std::string raw_;
  ResponseHead head_;
  H1ResponseParser parser_{kHeadBytes};
};

TEST_F(H1ResponseParserTest, AHeadIsTakenApart) {
  accept("HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nETag: \"a\"\r\n\r\n0123456789");

  EXPECT_EQ(head_.status, 206);
  EXPECT_EQ(head_.reason, "Partial Content");
  EXPECT_EQ(head_.version_minor, 1);
  EXPECT_EQ(head_.content_length, 10U);
  EXPECT_FALSE(head_.is_chunked);
  EXPECT_TRUE(head_.keep_alive);
  EXPECT_EQ(head_.fields.get("etag"), "\"a\"");
  EXPECT_EQ(parser_.head_size(), raw_.size() - 10);
}

TEST_F(H1ResponseParserTest, TheReasonMayBeEmptyOrMissing) {
  accept("HTTP/1.1 200 \r\n\r\n");
  EXPECT_EQ(head_.reason, "");
  accept("HTTP/1.1 404\r\n\r\n");
  EXPECT_EQ(head_.status, 404);
  accept("HTTP/1.1 200 \xc3\xa4\tb c\r\n\r\n");
  EXPECT_EQ(head_.reason, "\xc3\xa4\tb c");
}

TEST_F(H1ResponseParserTest, InterimHeadsAreDeliveredLikeAnyOther) {
  accept("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(head_.status, 100);
  EXPECT_EQ(parser_.head_size(), 25U);
}

TEST_F(H1ResponseParserTest, ChunkedAndCloseAreSeen) {
  accept("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(head_.is_chunked);
  EXPECT_FALSE(head_.keep_alive);
  accept("HTTP/1.0 200 OK\r\n\r\n");
  EXPECT_FALSE(head_.is_chunked);
  EXPECT_FALSE(head_.keep_alive);
  accept("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(head_.keep_alive);
}

TEST_F(H1ResponseParserTest, EqualLengthsAreOneLength) {
  accept("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 03\r\n\r\n");
  EXPECT_EQ(head_.content_length, 3U);
  EXPECT_TRUE(refuses_fields("Content-Length: 3\r\nContent-Length: 4\r\nContent-Length: 3\r\n"));
}

TEST_F(H1ResponseParserTest, StatusLinesThatAreNoneAreRefused) {
  for (const std::string_view line :
       {"HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 OK", "HTTP/1.1 600 OK",
        "HTTP/1.1 2x0 OK", "HTTP/1.1  200 OK", "HTTP/1.1 200OK", "HTTP/2.0 200 OK",
        "HTTP/1.2 200 OK", "http/1.1 200 OK", "HTTP/1.1", "ICY 200 OK", "SSH-2.0-x",
        "HTTP/1.1 200 a\x01", "HTTP/1.1 200 a\rb", "HTTP/1.1\t200 OK"}) {
    EXPECT_TRUE(refuses(std::string(line) + "\r\n\r\n")) << line;
  }
}

TEST_F(H1ResponseParserTest, NothingComesInFrontOfTheStatusLine) {
  EXPECT_TRUE(refuses("\r\nHTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_TRUE(refuses(" HTTP/1.1 200 OK\r\n\r\n"));
}

TEST_F(H1ResponseParserTest, HeadsThatCouldBeReadInTwoWaysAreRefused) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view fields :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"sv, "Content-Length: 3, 3\r\n"sv,
        "Content-Length: -1\r\n"sv, "Content-Length:\r\n"sv,
        "Transfer-Encoding: gzip, chunked\r\n"sv, "Transfer-Encoding: chunked, gzip\r\n"sv,
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"sv, "ETag: a\r\n b\r\n"sv,
        "ETag: a\0b\r\n"sv, "ETag: a\rb\r\n"sv, "ETag: a\n"sv, "ETag : a\r\n"sv,
        "no colon\r\n"sv}) {
    EXPECT_TRUE(refuses_fields(fields)) << fields;
  }
  EXPECT_TRUE(refuses("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST_F(H1ResponseParserTest, TheHeadAndItsFieldsHaveBounds) {
  EXPECT_TRUE(refuses("HTTP/1.1 200 OK\r\nX: " + std::string(kHeadBytes, 'x')));
  EXPECT_TRUE(refuses("HTTP/1.1 200 " + std::string(kHeadBytes, 'x')));
  std::string fields;
  for (int i = 0; i < 128; ++i) fields += "X: 1\r\n";
  EXPECT_FALSE(refuses_fields(fields));
  EXPECT_TRUE(refuses_fields(fields + "X: 1\r\n"));
}

}  // namespace
}  // namespace yatagarasu::http
