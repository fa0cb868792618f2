#include "cache/policy/admission.h"

#include "cache/policy/reuse.h"
#include "unit/cache/answers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::cache {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

std::optional<Refusal> refusal(const Answer& answer) {
  const auto admitted = answer.admitted();
  if (admitted) return std::nullopt;
  return admitted.error();
}

constexpr std::optional<Refusal> kStored;

struct Case {
  std::string cache_control;
  std::optional<Refusal> expected;
};

TEST(AdmissionTest, Rfc9111Section522DirectivesThatForbidStoring) {
  for (const Case& c : std::vector<Case>{
           {"max-age=60", kStored},
           {"max-age=10000, no-store", Refusal::kNoStore},
           {"No-StOrE", Refusal::kNoStore},
           {"private, max-age=3600", Refusal::kPrivate},
           {"private=\"x\", max-age=3600", kStored},
           {"no-store=\"x\", max-age=3600", Refusal::kNoStore},
           {"max-age=60, no-store, must-understand", kStored},
           {"max-age=60, private, must-understand", Refusal::kPrivate},
       }) {
    EXPECT_EQ(refusal({.lines = {{"Cache-Control", c.cache_control}}}), c.expected)
        << c.cache_control;
  }
}

TEST(AdmissionTest, Rfc9111Section5223MustUnderstandNeedsAKnownStatus) {
  const Lines lines = {{"Cache-Control", "max-age=3600, no-store, must-understand"}};
  EXPECT_EQ(refusal({.lines = lines, .status = 404}), kStored);
  EXPECT_EQ(refusal({.lines = lines, .status = 599}), Refusal::kStatus);
  const Lines without = {{"Cache-Control", "max-age=3600, must-understand"}};
  EXPECT_EQ(refusal({.lines = without, .status = 599}), Refusal::kStatus);
}

TEST(AdmissionTest, Rfc9111Section3AnyFinalStatusWithALifetimeIsStorable) {
  const Lines lines = {{"Cache-Control", "max-age=100000"}, {"Date", date()}};
  for (const int status :
       {200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(refusal({.lines = lines, .status = status}), kStored) << status;
  }
  for (const int status : {100, 103, 206, 304}) {
    EXPECT_EQ(refusal({.lines = lines, .status = status}), Refusal::kStatus) << status;
  }
}

TEST(AdmissionTest, Rfc9111Section3OtherStatusesNeedALifetime) {
  const Lines lines = {{"Last-Modified", date(-86400s)}, {"Date", date()}};
  for (const int status : {201, 202, 302, 403, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(refusal({.lines = lines, .status = status}), Refusal::kStatus) << status;
  }
}

TEST(AdmissionTest, InFrontOfS3ObjectsAloneAreStored) {
  for (const int status : {204, 301, 404, 503}) {
    Answer answer{.lines = {{"Cache-Control", "max-age=60"}}, .status = status};
    answer.options.storable = Storable::kObjects;
    EXPECT_EQ(refusal(answer), Refusal::kStatus) << status;
  }
  Answer answer{.lines = {{"Cache-Control", "max-age=60"}}};
  answer.options.storable = Storable::kObjects;
  EXPECT_EQ(refusal(answer), kStored);
}

TEST(AdmissionTest, Rfc9111Section41VaryStarIsNotStored) {
  EXPECT_EQ(refusal({.lines = {{"Cache-Control", "max-age=60"}, {"Vary", "Foo, *"}}}),
            Refusal::kVaryAny);
  const auto admitted =
      Answer{.lines = {{"Cache-Control", "max-age=60"}, {"Vary", "Foo"}}}.admitted();
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->vary.names, "foo");
}

TEST(AdmissionTest, WhatCanNeverBeUsedAgainTakesNoRoom) {
  EXPECT_EQ(refusal({.lines = {}}), Refusal::kNeverReusable);
  EXPECT_EQ(refusal({.lines = {{"Cache-Control", "max-age=0"}}}), Refusal::kNeverReusable);
  EXPECT_EQ(refusal({.lines = {{"Cache-Control", "no-cache, max-age=60"}}}),
            Refusal::kNeverReusable);
  EXPECT_EQ(refusal({.lines = {{"Cache-Control", "max-age=60"}, {"Age", "60"}}}),
            Refusal::kNeverReusable);
}

TEST(AdmissionTest, AValidatorOrAStaleWindowMakesItWorthwhile) {
  for (const Lines& lines :
       std::vector<Lines>{{{"ETag", "\"a\""}},
                          {{"Cache-Control", "no-cache"}, {"ETag", "W/\"a\""}},
                          {{"Cache-Control", "max-age=0"}, {"Last-Modified", date(-1s)}},
                          {{"Cache-Control", "max-age=0, stale-while-revalidate=5"}},
                          {{"Cache-Control", "max-age=0, stale-if-error=5"}}}) {
    EXPECT_EQ(refusal({.lines = lines}), kStored) << lines[0].second;
  }
  EXPECT_EQ(refusal({.lines = {{"Cache-Control", "max-age=0, stale-if-error=5, must-revalidate"}}}),
            Refusal::kNeverReusable);
  EXPECT_EQ(refusal({.lines = {{"ETag", "unquoted"}}}), Refusal::kNeverReusable);
}

TEST(AdmissionTest, FieldsBeyondTheLimitAreNotStored) {
  const Lines lines = {{"Cache-Control", "max-age=60"}, {"X-Long", std::string(70'000, 'x')}};
  EXPECT_EQ(refusal({.lines = lines}), Refusal::kTooLarge);
}

TEST(AdmissionTest, TheDefaultLifetimeIsTheBuckets) {
  Answer answer{.lines = {{"Content-Type", "a/b"}}};
  answer.options.default_ttl = 1500ms;
  const StoredResponse stored = answer.stored();
  EXPECT_EQ(decide_reuse(stored.metadata, kNow + 1499ms), Reuse::kFresh);
  EXPECT_EQ(decide_reuse(stored.metadata, kNow + 1500ms), Reuse::kAskFirst);
}

TEST(AdmissionTest, ErrorsLiveForTheNegativeLifetime) {
  Answer answer{.lines = {}, .status = 404};
  EXPECT_EQ(refusal(answer), Refusal::kNeverReusable);
  answer.options.negative_ttl = 2s;
  answer.options.stale_if_error = 60s;
  const StoredResponse stored = answer.stored();
  EXPECT_EQ(decide_reuse(stored.metadata, kNow + 1s), Reuse::kFresh);
  EXPECT_EQ(decide_reuse(stored.metadata, kNow + 2s), Reuse::kAskFirst);
  EXPECT_FALSE(may_replace_error(stored.metadata, kNow + 2s));
}

TEST(AdmissionTest, AMissingObjectIsRememberedWhenToldTo) {
  EXPECT_FALSE(remember_not_found({}, kNow));
  const auto missing = remember_not_found({.negative_ttl = 500ms}, kNow);
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->metadata.status, 404);
  EXPECT_EQ(missing->fields, "");
  EXPECT_EQ(decide_reuse(missing->metadata, kNow + 499ms), Reuse::kFresh);
  EXPECT_EQ(decide_reuse(missing->metadata, kNow + 500ms), Reuse::kAskFirst);
}

}  // namespace
}  // namespace yatagarasu::cache
