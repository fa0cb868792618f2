#include "http/codec/h2_request.h"

#include "http/message.h"
#include "support/h2_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace yatagarasu::http {
namespace {

using h2::Fields;
using h2::head;

constexpr H2RequestLimits kSmall{.head_bytes = 600, .uri_bytes = 100, .body_bytes = 10};

void fill(H2Request& request, const Fields& fields, const H2RequestLimits& limits = kSmall) {
  request.begin({});
  for (const auto& [name, value] : fields) request.add_field(name, value, limits);
  request.end_head(limits);
}

TEST(H2RequestTest, BecomesTheHeadThatHttp1WouldHaveBrought) {
  H2Request request;
  fill(request, head("GET", "/a%20b?x=1#y", {{"range", "bytes=0-1"}, {"content-length", "0"}}));

  ASSERT_FALSE(request.failure());
  EXPECT_EQ(request.head().method, Method::kGet);
  EXPECT_EQ(request.head().method_text, "GET");
  EXPECT_EQ(request.head().path, "/a%20b");
  EXPECT_EQ(request.head().query, "x=1");
  EXPECT_EQ(request.head().host, "a.test");
  EXPECT_EQ(request.head().fields.get("Range"), "bytes=0-1");
  EXPECT_EQ(request.head().fields.get("Host"), "a.test");
  EXPECT_EQ(request.head().fields.size(), 3);
  EXPECT_EQ(request.head().content_length, 0);
  EXPECT_FALSE(request.head().is_chunked);
}

TEST(H2RequestTest, HostStandsForAMissingAuthority) {
  H2Request request;
  fill(request, {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"host", "b.test:81"}});

  ASSERT_FALSE(request.failure());
  EXPECT_EQ(request.head().host, "b.test:81");
  EXPECT_EQ(request.head().fields.count("host"), 1);
}

TEST(H2RequestTest, CookiesAreOneFieldAgain) {
  H2Request request;
  fill(request,
       head("GET", "/", {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}, {"cookie", ""}}));

  EXPECT_EQ(request.head().fields.get("Cookie"), "a=1; b=2; ");
  EXPECT_EQ(request.head().fields.count("cookie"), 1);
  EXPECT_EQ(request.head().fields.get("x"), "y");
}

TEST(H2RequestTest, NothingOfTheLastRequestIsLeft) {
  H2Request request;
  fill(request, head("OPTIONS", "*", {{"expect", "100-continue"}, {"content-length", "99"}}));
  EXPECT_EQ(request.failure()->status, 413);

  fill(request, head("GET", "/k"));

  EXPECT_FALSE(request.failure());
  EXPECT_EQ(request.head().method, Method::kGet);
  EXPECT_FALSE(request.head().expects_continue);
  EXPECT_FALSE(request.head().content_length);
  EXPECT_EQ(request.head().fields.size(), 1);
  EXPECT_FALSE(request.is_whole());
}

struct RefusalCase {
  const char* what;
  Fields fields;
  int status;
};

class H2RequestRefusalTest : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(H2RequestRefusalTest, IsRefused) {
  H2Request request;
  fill(request, GetParam().fields);

  ASSERT_TRUE(request.failure());
  EXPECT_EQ(request.failure()->status, GetParam().status) << request.failure()->reason;
  EXPECT_TRUE(request.is_ready(kSmall));
}

Fields with_scheme(const std::string& scheme) {
  return {{":method", "GET"}, {":scheme", scheme}, {":path", "/"}, {":authority", "a.test"}};
}

Fields with_authority(const std::string& authority) {
  return {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", authority}};
}

Fields with_many_fields(std::size_t count) {
  Fields fields = head("GET", "/");
  for (std::size_t i = 0; i < count; ++i) fields.emplace_back("a", "");
  return fields;
}

INSTANTIATE_TEST_SUITE_P(
    Heads, H2RequestRefusalTest,
    ::testing::Values(
        RefusalCase{"another host", head("GET", "/", {{"host", "b.test"}}), 400},
        RefusalCase{"two hosts", head("GET", "/", {{"host", "a.test"}, {"host", "a.test"}}), 400},
        RefusalCase{"user information", with_authority("u@a.test"), 400},
        RefusalCase{"no host", with_authority(""), 400},
        RefusalCase{"a port too high", with_authority("a.test:65536"), 400},
        RefusalCase{"another scheme", with_scheme("ftp"), 400},
        RefusalCase{"absolute form", head("GET", "http://b.test/"), 400},
        RefusalCase{"no path", head("GET", "x"), 400},
        RefusalCase{"asterisk for GET", head("GET", "*"), 400},
        RefusalCase{"a byte that no URI holds", head("GET", "/a|b"), 400},
        RefusalCase{"CONNECT", head("CONNECT", "/"), 405},
        RefusalCase{"a method too long", head(std::string(65, 'M'), "/"), 405},
        RefusalCase{"two lengths",
                    head("GET", "/", {{"content-length", "1"}, {"content-length", "1"}}), 400},
        RefusalCase{"a malformed length", head("GET", "/", {{"content-length", "+1"}}), 400},
        RefusalCase{"a control character", head("GET", "/", {{"x", "a\x01"}}), 400},
        RefusalCase{"a body announced too long", head("GET", "/", {{"content-length", "11"}}), 413},
        RefusalCase{"a target too long", head("GET", "/" + std::string(100, 'a')), 414},
        RefusalCase{"a head too large", head("GET", "/", {{"x", std::string(600, 'a')}}), 431},
        RefusalCase{"too many fields", with_many_fields(140), 431}));

TEST(H2RequestTest, ABodyBeyondTheLimitIs413) {
  H2Request request;
  fill(request, head("GET", "/"));
  EXPECT_FALSE(request.is_ready(kSmall));

  request.add_body("0123456789", kSmall);
  EXPECT_FALSE(request.failure());
  request.add_body("x", kSmall);

  EXPECT_EQ(request.failure()->status, 413);
  EXPECT_TRUE(request.is_body_too_large());
}

TEST(H2RequestTest, NobodyWaitsForTheBodyOfAMethodThatIsRefused) {
  H2Request request;
  fill(request, head("POST", "/", {{"content-length", "1000000"}}));

  EXPECT_TRUE(request.is_ready(kSmall));
  EXPECT_FALSE(request.failure());
}

TEST(H2RequestTest, ABodyIsKeptWhereItIsWanted) {
  H2RequestLimits limits = kSmall;
  limits.keeps_bodies = true;
  H2Request request;
  fill(request, head("POST", "/"), limits);
  EXPECT_FALSE(request.is_ready(limits));

  request.add_body("01234", limits);
  request.add_body("567", limits);
  request.end();

  EXPECT_TRUE(request.is_ready(limits));
  EXPECT_EQ(request.body(), "01234567");
}

}  // namespace
}  // namespace yatagarasu::http
