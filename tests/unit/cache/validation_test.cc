#include "cache/policy/validation.h"

#include "cache/policy/reuse.h"
#include "cache/policy/stored_fields.h"
#include "unit/cache/answers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::cache {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

class ValidationTest : public ::testing::Test {
 protected:
  std::optional<Update> freshened(const Lines& not_modified) const {
    const http::Fields sent = fields(not_modified);
    const http::HeaderBlock headers = block(not_modified);
    return freshen(view(stored_), answer(304, sent, headers), options_);
  }
  std::optional<Update> freshened_by_head(const Lines& head, std::optional<std::uint64_t> length,
                                          int status = 200) const {
    const http::Fields sent = fields(head);
    const http::HeaderBlock headers = block(head);
    const OriginAnswer got = answer(status, sent, headers);
    return freshen_by_head(view(stored_),
                           {.answer = got, .content_length = length, .stored_size = 10}, options_);
  }
  OriginAnswer answer(int status, const http::Fields& sent,
                      const http::HeaderBlock& headers) const {
    return {.status = status,
            .fields = sent,
            .headers = headers,
            .exchanged = {.request_time = later_, .response_time = later_}};
  }

  Time later_ = kNow + 1h;
  PolicyOptions options_{.default_ttl = 0s, .storable = Storable::kAnyStatus};
  StoredResponse stored_ = Answer{
      .lines = {
          {"Cache-Control", "max-age=10"},
          {"Date", date()},
          {"ETag", "\"a\""},
          {"Last-Modified", date(-9h)},
          {"Content-Type", "image/png"},
          {"Content-Encoding", "gzip"},
          {"X-A", "1"},
          {"X-A", "2"},
          {"X-B", "old"}}}.stored();
};

TEST_F(ValidationTest, Rfc9111Section431TheOriginIsAskedWithTheStoredValidator) {
  const auto by_tag = validation_condition(view(stored_));
  ASSERT_TRUE(by_tag);
  EXPECT_EQ(by_tag->name, "if-none-match");
  EXPECT_EQ(by_tag->value, "\"a\"");

  stored_ = Answer{.lines = {{"Last-Modified", date(-9h)}, {"ETag", "unquoted"}}}.stored();
  const auto by_date = validation_condition(view(stored_));
  ASSERT_TRUE(by_date);
  EXPECT_EQ(by_date->name, "if-modified-since");
  EXPECT_EQ(by_date->value, date(-9h));

  stored_ = Answer{.lines = {{"Cache-Control", "max-age=1"}}}.stored();
  EXPECT_FALSE(validation_condition(view(stored_)));
}

TEST_F(ValidationTest, Rfc9111Section32TheFieldsOfA304ReplaceTheirNamesakes) {
  const auto update = freshened(
      {{"Date", date(1h)}, {"x-a", "3"}, {"X-C", "new"}, {"Cache-Control", "max-age=20"}});
  ASSERT_TRUE(update);
  EXPECT_TRUE(update->may_stay);
  EXPECT_EQ(update->response.metadata.status, 200);
  const http::Fields now = fields_of(update->response.fields);
  EXPECT_EQ(now.joined("X-A"), "3");
  EXPECT_EQ(now.get("X-B"), "old");
  EXPECT_EQ(now.get("X-C"), "new");
  EXPECT_EQ(now.joined("Date"), date(1h));
  EXPECT_EQ(now.joined("Cache-Control"), "max-age=20");
  EXPECT_EQ(view(update->response).etag(), "\"a\"");
}

TEST_F(ValidationTest, Rfc9111Section32WhatDescribesTheBodyStays) {
  const auto update = freshened({{"Content-Length", "10"},
                                 {"Content-Encoding", "br"},
                                 {"Content-Range", "bytes 0-1/2"},
                                 {"Content-Type", "text/plain"},
                                 {"x-amz-checksum-crc32", "AAAA"},
                                 {"Connection", "X-B"},
                                 {"X-B", "new"}});
  ASSERT_TRUE(update);
  const http::Fields now = fields_of(update->response.fields);
  EXPECT_FALSE(now.has("Content-Length"));
  EXPECT_EQ(now.joined("Content-Encoding"), "gzip");
  EXPECT_FALSE(now.has("Content-Range"));
  EXPECT_EQ(now.joined("Content-Type"), "image/png");
  EXPECT_FALSE(now.has("x-amz-checksum-crc32"));
}

TEST_F(ValidationTest, Rfc9111Section434A304StartsTheLifetimeAnew) {
  const auto update = freshened({{"Date", date(1h)}});
  ASSERT_TRUE(update);
  EXPECT_EQ(age_of(update->response.metadata, later_), 0s);
  EXPECT_EQ(decide_reuse(update->response.metadata, later_ + 9s), Reuse::kFresh);
  EXPECT_EQ(decide_reuse(update->response.metadata, later_ + 10s), Reuse::kAskFirst);
}

TEST_F(ValidationTest, A304WithoutADateIsOfNow) {
  const auto update = freshened({});
  ASSERT_TRUE(update);
  EXPECT_EQ(fields_of(update->response.fields).joined("Date"), date(1h));
  EXPECT_EQ(age_of(update->response.metadata, later_), 0s);
}

TEST_F(ValidationTest, TheAgeOfA304CountsAndIsNotKept) {
  const auto update = freshened({{"Date", date(1h)}, {"Age", "4"}});
  ASSERT_TRUE(update);
  EXPECT_EQ(age_of(update->response.metadata, later_), 4s);
  EXPECT_FALSE(fields_of(update->response.fields).has("Age"));
}

TEST_F(ValidationTest, AnExpiresThatIsNotRenewedHasPassed) {
  stored_ = Answer{.lines = {{"Expires", date(10s)}, {"Date", date()}, {"ETag", "\"a\""}}}.stored();
  const auto old = freshened({{"Date", date(1h)}});
  ASSERT_TRUE(old);
  EXPECT_EQ(decide_reuse(old->response.metadata, later_), Reuse::kAskFirst);
  const auto renewed = freshened({{"Date", date(1h)}, {"Expires", date(2h)}});
  ASSERT_TRUE(renewed);
  EXPECT_EQ(decide_reuse(renewed->response.metadata, later_ + 1h - 1s), Reuse::kFresh);
}

TEST_F(ValidationTest, Rfc9111Section434A304AboutAnotherRepresentationChangesNothing) {
  EXPECT_TRUE(freshened({{"ETag", "\"a\""}}));
  EXPECT_TRUE(freshened({{"ETag", "W/\"a\""}}));
  EXPECT_TRUE(freshened({{"ETag", "\"a\""}, {"Last-Modified", date(-8h)}}));
  EXPECT_TRUE(freshened({{"Last-Modified", date(-9h)}}));
  EXPECT_FALSE(freshened({{"ETag", "\"b\""}}));
  EXPECT_FALSE(freshened({{"Last-Modified", date(-8h)}}));
}

TEST_F(ValidationTest, A304CanForbidToKeepTheEntry) {
  for (const std::string& value : {"no-store", "private"}) {
    const auto update = freshened({{"Cache-Control", value}});
    ASSERT_TRUE(update);
    EXPECT_FALSE(update->may_stay) << value;
  }
}

TEST_F(ValidationTest, Rfc9111Section435AHeadThatAgreesFreshens) {
  const auto update = freshened_by_head({{"ETag", "\"a\""}, {"X-B", "new"}}, 10);
  ASSERT_TRUE(update);
  EXPECT_EQ(fields_of(update->response.fields).get("X-B"), "new");
  EXPECT_EQ(decide_reuse(update->response.metadata, later_), Reuse::kFresh);
  EXPECT_TRUE(freshened_by_head({}, std::nullopt));
}

TEST_F(ValidationTest, Rfc9111Section435AHeadThatDisagreesDoesNot) {
  EXPECT_FALSE(freshened_by_head({{"ETag", "\"b\""}}, 10));
  EXPECT_FALSE(freshened_by_head({{"Last-Modified", date(-8h)}}, 10));
  EXPECT_FALSE(freshened_by_head({{"ETag", "\"a\""}}, 11));
  EXPECT_FALSE(freshened_by_head({{"ETag", "\"a\""}}, 10, 410));
}

class ConditionsTest : public ::testing::Test {
 protected:
  http::Precondition evaluate(const Lines& request) const {
    return evaluate_conditions(fields(request), view(stored_));
  }

  static constexpr auto kGo = http::Precondition::kProceed;
  static constexpr auto k304 = http::Precondition::kNotModified;
  static constexpr auto k412 = http::Precondition::kFailed;
  StoredResponse stored_ = Answer{.lines = {{"Cache-Control", "max-age=10"},
                                            {"Date", date()},
                                            {"ETag", "\"a\""},
                                            {"Last-Modified", date(-3000s)}}}
                               .stored();
};

TEST_F(ConditionsTest, Rfc9110Section1322ConditionsAreAnsweredFromTheEntry) {
  struct Case {
    Lines request;
    http::Precondition expected;
  };
  for (const Case& c : std::vector<Case>{
           {{}, kGo},
           {{{"If-None-Match", "\"a\""}}, k304},
           {{{"If-None-Match", "W/\"a\""}}, k304},
           {{{"If-None-Match", "\"x\", \"a\", \"y\""}}, k304},
           {{{"If-None-Match", "\"x\""}, {"If-None-Match", "\"a\""}}, k304},
           {{{"If-None-Match", "*"}}, k304},
           {{{"If-None-Match", "\"x\""}}, kGo},
           {{{"If-None-Match", "\"x\""}, {"If-Modified-Since", date()}}, kGo},
           {{{"If-None-Match", "\"a\""}, {"If-Modified-Since", date(-10000s)}}, k304},
           {{{"If-Modified-Since", date(-3000s)}}, k304},
           {{{"If-Modified-Since", date(-2000s)}}, k304},
           {{{"If-Modified-Since", date(-3001s)}}, kGo},
           {{{"If-Modified-Since", "soon"}}, kGo},
           {{{"If-Match", "\"a\""}}, kGo},
           {{{"If-Match", "\"x\""}}, k412},
           {{{"If-Match", "\"a\""}, {"If-None-Match", "\"a\""}}, k304},
           {{{"If-Unmodified-Since", date(-3000s)}}, kGo},
           {{{"If-Unmodified-Since", date(-3001s)}}, k412},
       }) {
    EXPECT_EQ(evaluate(c.request), c.expected) << testing::PrintToString(c.request);
  }
}

TEST_F(ConditionsTest, Rfc9111Section432WithoutLastModifiedTheDateIsHeldAgainstTheSince) {
  stored_ = Answer{.lines = {{"Cache-Control", "max-age=10"}, {"Date", date()}}}.stored();
  EXPECT_EQ(evaluate({{"If-Modified-Since", date()}}), k304);
  EXPECT_EQ(evaluate({{"If-Modified-Since", date(-1s)}}), kGo);
  EXPECT_EQ(evaluate({{"If-Unmodified-Since", date(-1s)}}), kGo);
  EXPECT_EQ(evaluate({{"If-Unmodified-Since", date(-1s)}, {"If-Modified-Since", date()}}), kGo);
}

TEST_F(ConditionsTest, AWeakTagFailsIfMatch) {
  stored_ = Answer{.lines = {{"Cache-Control", "max-age=10"}, {"ETag", "W/\"a\""}}}.stored();
  EXPECT_EQ(evaluate({{"If-Match", "W/\"a\""}}), k412);
  EXPECT_EQ(evaluate({{"If-None-Match", "\"a\""}}), k304);
}

TEST_F(ConditionsTest, Rfc9110Section1321ErrorsHaveNoConditions) {
  stored_ =
      Answer{.lines = {{"Cache-Control", "max-age=10"}, {"ETag", "\"a\""}}, .status = 404}.stored();
  EXPECT_EQ(evaluate({{"If-None-Match", "\"a\""}}), kGo);
  EXPECT_EQ(evaluate({{"If-Match", "\"x\""}}), kGo);
}

}  // namespace
}  // namespace yatagarasu::cache
