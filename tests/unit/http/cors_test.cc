#include "http/cors.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace yatagarasu::http {
namespace {

class CorsTest : public ::testing::Test {
 protected:
  static Fields request(const std::vector<Field>& all) {
    Fields fields;
    for (const Field& field : all) fields.add(field.name, field.value);
    return fields;
  }
  std::optional<std::string_view> answered(std::string_view name) const {
    return answer_.get(name);
  }

  CorsOptions options_{.allow_origins = {"https://app.example", "https://b.example"},
                       .allow_headers = {"Authorization", "Range"},
                       .expose_headers = {"ETag", "X-Cache"},
                       .max_age = std::chrono::seconds(600)};
  HeaderBlock answer_;
};

TEST_F(CorsTest, AnAllowedOriginIsNamedAndMayReadTheExposedHeaders) {
  apply_cors(options_, request({{"Origin", "https://b.example"}}), answer_);

  EXPECT_EQ(answer_.wire(),
            "Vary: Origin\r\n"
            "Access-Control-Allow-Origin: https://b.example\r\n"
            "Access-Control-Expose-Headers: ETag, X-Cache\r\n");
}

TEST_F(CorsTest, AnOriginThatIsNotAllowedGetsOnlyVary) {
  for (const std::string_view origin :
       {"https://evil.example", "https://app.example.evil", "http://app.example", "null", "*", "",
        "https://APP.example", "https://app.example, https://b.example"}) {
    answer_ = {};
    apply_cors(options_, request({{"Origin", origin}}), answer_);
    EXPECT_EQ(answer_.wire(), "Vary: Origin\r\n") << origin;
  }
}

TEST_F(CorsTest, WithoutAnOriginTheAnswerStillVaries) {
  apply_cors(options_, request({}), answer_);
  EXPECT_EQ(answer_.wire(), "Vary: Origin\r\n");
}

TEST_F(CorsTest, TwoOriginsAreNotAllowed) {
  apply_cors(options_,
             request({{"Origin", "https://b.example"}, {"Origin", "https://evil.example"}}),
             answer_);
  EXPECT_EQ(answered("Access-Control-Allow-Origin"), std::nullopt);
}

TEST_F(CorsTest, AStarAllowsEveryoneAndTheAnswerDoesNotVary) {
  options_.allow_origins = {"*"};
  options_.expose_headers.clear();

  apply_cors(options_, request({{"Origin", "https://any.example"}}), answer_);

  EXPECT_EQ(answer_.wire(), "Access-Control-Allow-Origin: *\r\n");
}

TEST_F(CorsTest, WhatTheOriginServerSaidAboutCorsIsReplaced) {
  answer_.add("Access-Control-Allow-Origin", "*");
  answer_.add("Access-Control-Allow-Credentials", "true");
  answer_.add("Access-Control-Expose-Headers", "Set-Cookie");

  apply_cors(options_, request({{"Origin", "https://evil.example"}}), answer_);

  EXPECT_EQ(answer_.wire(), "Vary: Origin\r\n");
}

TEST_F(CorsTest, VaryIsExtendedAndNotRepeated) {
  answer_.add("Vary", "Accept-Encoding");
  answer_.add("vary", "X-A");
  add_vary(answer_, "Origin");
  add_vary(answer_, "origin");
  EXPECT_EQ(answer_.wire(), "Vary: Accept-Encoding, X-A, Origin\r\n");
}

TEST_F(CorsTest, AVaryOfStarStays) {
  answer_.add("Vary", "*");
  add_vary(answer_, "Origin");
  EXPECT_EQ(answer_.wire(), "Vary: *\r\n");
}

TEST_F(CorsTest, APreflightIsToldMethodsHeadersAndAge) {
  apply_preflight(options_,
                  request({{"Origin", "https://app.example"},
                           {"Access-Control-Request-Method", "GET"},
                           {"Access-Control-Request-Headers", "authorization, x-evil,range"}}),
                  answer_);

  EXPECT_EQ(answer_.wire(),
            "Vary: Origin\r\n"
            "Access-Control-Allow-Origin: https://app.example\r\n"
            "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
            "Access-Control-Allow-Headers: authorization, range\r\n"
            "Access-Control-Max-Age: 600\r\n");
}

TEST_F(CorsTest, APreflightOfAnotherOriginIsToldNothing) {
  apply_preflight(options_,
                  request({{"Origin", "https://evil.example"},
                           {"Access-Control-Request-Method", "GET"},
                           {"Access-Control-Request-Headers", "range"}}),
                  answer_);
  EXPECT_EQ(answer_.wire(), "Vary: Origin\r\n");
}

TEST_F(CorsTest, AStarAmongTheHeadersAllowsEveryHeaderByName) {
  options_.allow_headers = {"*"};
  apply_preflight(options_,
                  request({{"Origin", "https://app.example"},
                           {"Access-Control-Request-Headers", "authorization, (bad), x-a"}}),
                  answer_);
  EXPECT_EQ(answered("Access-Control-Allow-Headers"), "authorization, x-a");
}

TEST_F(CorsTest, HeadersThatAreNotAllowedAreNotNamed) {
  options_.allow_headers.clear();
  apply_preflight(options_,
                  request({{"Origin", "https://app.example"},
                           {"Access-Control-Request-Headers", "authorization"}}),
                  answer_);
  EXPECT_EQ(answered("Access-Control-Allow-Headers"), std::nullopt);
}

TEST_F(CorsTest, APreflightIsAnOptionsWithOriginAndMethod) {
  RequestHead head;
  head.method = Method::kOptions;
  EXPECT_FALSE(is_preflight(head));
  head.fields.add("Origin", "https://app.example");
  EXPECT_FALSE(is_preflight(head));
  head.fields.add("Access-Control-Request-Method", "GET");
  EXPECT_TRUE(is_preflight(head));
  head.method = Method::kGet;
  EXPECT_FALSE(is_preflight(head));
}

}  // namespace
}  // namespace yatagarasu::http
