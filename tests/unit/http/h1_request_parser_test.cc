#include "http/codec/h1_request_parser.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr H1RequestLimits kSmall = {.head_bytes = 512, .uri_bytes = 100};

class H1RequestParserTest : public ::testing::Test {
 protected:
  // The head in one piece; kNeedMore is a failure of the test.
  void accept(std::string_view raw) {
    raw_ = raw;
    parser_ = H1RequestParser(H1RequestLimits{});
    ASSERT_EQ(parser_.parse(raw_, head_), ParseProgress::kDone) << parser_.failure().reason;
  }
  // The status of the refusal, alike in one piece and byte by byte; 0 when there is none.
  static int refuse(std::string_view raw, H1RequestLimits limits = {}) {
    RequestHead head;
    H1RequestParser whole(limits);
    const bool is_refused = whole.parse(raw, head) == ParseProgress::kFailed;
    H1RequestParser split(limits);
    ParseProgress progress = ParseProgress::kNeedMore;
    for (std::size_t i = 1; i <= raw.size() && progress == ParseProgress::kNeedMore; ++i) {
      progress = split.parse(raw.substr(0, i), head);
    }
    EXPECT_EQ(progress == ParseProgress::kFailed, is_refused) << raw;
    if (!is_refused) return 0;
    EXPECT_EQ(split.failure().status, whole.failure().status) << raw;
    EXPECT_EQ(split.failure().reason, whole.failure().reason) << raw;
    return whole.failure().status;
  }
  static int refuse_with(std::string_view fields) {
    return refuse("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n");
  }

  std::string raw_;
  RequestHead head_;
  H1RequestParser parser_{H1RequestLimits{}};
};

TEST_F(H1RequestParserTest, AHeadIsTakenApart) {
  accept(
      "GET /a/b%20c?x=1&y?z#f HTTP/1.1\r\nHost: a.test:80\r\nX-A: \t b c \t\r\nX-B:\r\n\r\nrest");

  EXPECT_EQ(head_.method, Method::kGet);
  EXPECT_EQ(head_.path, "/a/b%20c");
  EXPECT_EQ(head_.query, "x=1&y?z");
  EXPECT_EQ(head_.host, "a.test:80");
  EXPECT_EQ(head_.version_minor, 1);
  EXPECT_EQ(head_.fields.size(), 3U);
  EXPECT_EQ(head_.fields.get("x-a"), "b c");
  EXPECT_EQ(head_.fields.get("x-b"), "");
  EXPECT_TRUE(head_.keep_alive);
  EXPECT_FALSE(head_.content_length);
  EXPECT_EQ(parser_.head_size(), raw_.size() - 4);
}

TEST_F(H1RequestParserTest, AHeadLeavesNothingBehindForTheNext) {
  accept(
      "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(head_.content_length, 3U);
  EXPECT_TRUE(head_.expects_continue);
  EXPECT_FALSE(head_.keep_alive);

  accept("GET /c HTTP/1.1\r\nHost: b\r\n\r\n");

  EXPECT_EQ(head_.content_length, std::nullopt);
  EXPECT_FALSE(head_.expects_continue);
  EXPECT_TRUE(head_.keep_alive);
  EXPECT_EQ(head_.query, "");
  EXPECT_EQ(head_.host, "b");
  EXPECT_EQ(head_.fields.size(), 1U);
}

TEST_F(H1RequestParserTest, MethodsAreToldApartWithTheirCase) {
  const auto method = [this](std::string_view name) {
    accept(std::string(name) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    return head_.method;
  };
  EXPECT_EQ(method("GET"), Method::kGet);
  EXPECT_EQ(method("HEAD"), Method::kHead);
  EXPECT_EQ(method("OPTIONS"), Method::kOptions);
  EXPECT_EQ(method("PUT"), Method::kOther);
  EXPECT_EQ(method("get"), Method::kOther);
  EXPECT_EQ(head_.method_text, "get");
}

TEST_F(H1RequestParserTest, AnAbsoluteTargetReplacesTheHost) {
  accept("GET HTTP://b.test:81/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_EQ(head_.host, "b.test:81");
  EXPECT_EQ(head_.path, "/x");
  EXPECT_EQ(head_.query, "y");

  accept("GET https://[::1]?y HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_EQ(head_.host, "[::1]");
  EXPECT_EQ(head_.path, "/");
  EXPECT_EQ(head_.query, "y");
}

TEST_F(H1RequestParserTest, OnlyOptionsMayAskForEverything) {
  accept("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head_.path, "*");
  EXPECT_EQ(refuse("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST_F(H1RequestParserTest, KeepAliveFollowsVersionAndConnection) {
  const auto keeps_alive = [this](std::string_view version, std::string_view fields) {
    accept("GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n");
    return head_.keep_alive;
  };
  EXPECT_TRUE(keeps_alive("HTTP/1.1", ""));
  EXPECT_FALSE(keeps_alive("HTTP/1.1", "Connection: CLOSE\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.1", "Connection: x, close\r\nConnection: keep-alive\r\n"));
  EXPECT_FALSE(keeps_alive("HTTP/1.0", ""));
  EXPECT_TRUE(keeps_alive("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST_F(H1RequestParserTest, AnHttp10RequestMayHaveNoHost) {
  accept("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(head_.version_minor, 0);
  EXPECT_EQ(head_.host, "");
  EXPECT_FALSE(head_.expects_continue);
}

TEST_F(H1RequestParserTest, EmptyLinesInFrontAreSkippedAndCounted) {
  RequestHead head;
  H1RequestParser parser{H1RequestLimits{}};
  const std::string raw = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";

  EXPECT_EQ(parser.parse(raw.substr(0, 3), head), ParseProgress::kNeedMore);
  EXPECT_FALSE(parser.has_begun());
  EXPECT_EQ(parser.parse(raw.substr(0, 5), head), ParseProgress::kNeedMore);
  EXPECT_TRUE(parser.has_begun());
  EXPECT_EQ(parser.parse(raw, head), ParseProgress::kDone);
  EXPECT_EQ(parser.head_size(), raw.size());
}

TEST_F(H1RequestParserTest, TheBytesMayMoveBetweenCalls) {
  RequestHead head;
  H1RequestParser parser{H1RequestLimits{}};
  {
    const std::string first = "GET /abc HTTP/1.1\r\nHo";
    EXPECT_EQ(parser.parse(first, head), ParseProgress::kNeedMore);
  }
  const std::string moved = "GET /abc HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(parser.parse(moved, head), ParseProgress::kDone);
  EXPECT_EQ(head.path, "/abc");
}

TEST_F(H1RequestParserTest, WhatCanNeverBecomeARequestIsRefusedAtOnce) {
  for (const std::string_view raw :
       {"\x16\x03\x01\x02", " ", "\n", "\r\r", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\n x",
        "GET / HTTP/1.1\r\nHost: a\n", "GET / HTTP/1.1\r\n\rX"}) {
    EXPECT_EQ(refuse(raw), 400) << raw;
  }
}

TEST_F(H1RequestParserTest, EachLimitHasItsStatus) {
  const std::string end = " HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(refuse("GET /" + std::string(99, 'a') + end, kSmall), 0);
  EXPECT_EQ(refuse("GET /" + std::string(100, 'a') + end, kSmall), 414);
  EXPECT_EQ(refuse("GET /" + std::string(300, 'a'), kSmall), 414);
  EXPECT_EQ(refuse("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(600, 'a'), kSmall), 431);
  EXPECT_EQ(refuse(std::string(64, 'A') + " /" + end, kSmall), 0);
  EXPECT_EQ(refuse(std::string(65, 'A') + " /" + end, kSmall), 405);
}

TEST_F(H1RequestParserTest, AHeadMayFillItsLimitExactly) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string end = "\r\n\r\n";
  const std::string filling(kSmall.head_bytes - begin.size() - end.size(), 'x');

  EXPECT_EQ(refuse(begin + filling + end, kSmall), 0);
  EXPECT_EQ(refuse(begin + filling + "x" + end, kSmall), 431);
  EXPECT_EQ(refuse(begin + filling + "xx\n", kSmall), 400);
  EXPECT_EQ(refuse(begin + filling + "xxxx\n", kSmall), 431);
}

TEST_F(H1RequestParserTest, TheNumberOfFieldsHasABound) {
  std::string fields;
  for (int i = 1; i < 128; ++i) fields += "X: 1\r\n";
  EXPECT_EQ(refuse_with(fields), 0);
  EXPECT_EQ(refuse_with(fields + "X: 1\r\n"), 431);
}

TEST_F(H1RequestParserTest, RequestLinesThatCouldBeReadInTwoWaysAreRefused) {
  for (const std::string_view line : {"GET",
                                      "GET ",
                                      "GET /",
                                      "GET  / HTTP/1.1",
                                      "GET /  HTTP/1.1",
                                      "GET / HTTP/1.1 ",
                                      "GET\t/ HTTP/1.1",
                                      "GET / x HTTP/1.1",
                                      "GET / http/1.1",
                                      "GET / HTTP/1.1x",
                                      "GET / HTTP/11",
                                      "GET a HTTP/1.1",
                                      "GET a.test:80 HTTP/1.1",
                                      "GET ftp://a/ HTTP/1.1",
                                      "GET http:/a HTTP/1.1",
                                      "GET http:///a HTTP/1.1",
                                      "GET http://u@a/ HTTP/1.1",
                                      "GET http://a:99999/ HTTP/1.1",
                                      "GET http:// HTTP/1.1",
                                      "OPTIONS *x HTTP/1.1",
                                      "GET /a\\b HTTP/1.1",
                                      "GET /\x80 HTTP/1.1",
                                      "GET /\x7f HTTP/1.1",
                                      "G\"T / HTTP/1.1",
                                      "GET /a\rb HTTP/1.1"}) {
    EXPECT_EQ(refuse(std::string(line) + "\r\nHost: a\r\n\r\n"), 400) << line;
  }
}

TEST_F(H1RequestParserTest, OtherVersionsAndTunnelsAreToldApart) {
  EXPECT_EQ(refuse("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refuse("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refuse("PRI * HTTP/2.0\r\n\r\n"), 400);
  EXPECT_EQ(refuse("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"), 405);
}

TEST_F(H1RequestParserTest, AHostThatIsMissingTwiceThereOrMalformedIsRefused) {
  EXPECT_EQ(refuse("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refuse("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400);
  EXPECT_EQ(refuse("GET / HTTP/1.0\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(refuse("GET http://a/ HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
  EXPECT_EQ(refuse_with("hOST: a\r\n"), 400);
}

TEST_F(H1RequestParserTest, FieldLinesThatCouldBeReadInTwoWaysAreRefused) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view line :
       {"X"sv, ": a"sv, "X : a"sv, "X\t: a"sv, "X(Y: a"sv, "X\x80: a"sv, "X: a\rb"sv, "X: a\0b"sv,
        "X: a\x0b"sv, "X: a\x7f"sv, "X: a\r\n b"sv, "X: a\r\n\tb"sv, " X: a"sv}) {
    EXPECT_EQ(refuse_with(std::string(line) + "\r\n"), 400) << line;
  }
}

TEST_F(H1RequestParserTest, ContentLengthIsOneNumber) {
  for (const std::string_view value : {"", "+3", "-0", "0x3", "3e0", "3,3", "3, 3", "3 3", "3;",
                                       "9223372036854775808", "18446744073709551619", "\xb3"}) {
    EXPECT_EQ(refuse_with("Content-Length: " + std::string(value) + "\r\n"), 400) << value;
  }
  EXPECT_EQ(refuse_with("Content-Length: 3\r\ncontent-length: 3\r\n"), 400);
  accept("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0009223372036854775807\r\n\r\n");
  EXPECT_EQ(head_.content_length, 9223372036854775807U);
}

TEST_F(H1RequestParserTest, TransferEncodingIsChunkedAlone) {
  accept("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n");
  EXPECT_TRUE(head_.is_chunked);

  const auto refuse_coding = [](std::string_view value) {
    return refuse_with("Transfer-Encoding: " + std::string(value) + "\r\n");
  };
  EXPECT_EQ(refuse_coding("gzip"), 400);
  EXPECT_EQ(refuse_coding("gzip, chunked"), 400);
  EXPECT_EQ(refuse_coding("identity"), 400);
  EXPECT_EQ(refuse_coding("chunked, gzip"), 400);
  EXPECT_EQ(refuse_coding("chunked, chunked"), 400);
  EXPECT_EQ(refuse_coding("chunked;"), 400);
  EXPECT_EQ(refuse_coding("\"chunked\""), 400);
  EXPECT_EQ(refuse_coding("\x85"
                          "chunked"),
            400);
  EXPECT_EQ(refuse_coding(""), 400);
  EXPECT_EQ(refuse_coding(","), 400);
  EXPECT_EQ(refuse_with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), 400);
}

TEST_F(H1RequestParserTest, ChunkedBesideALengthOrInHttp10IsRefused) {
  EXPECT_EQ(refuse_with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(refuse_with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400);
  EXPECT_EQ(refuse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

}  // namespace
}  // namespace yatagarasu::http
