#include "cache/policy/freshness.h"

#include "cache/policy/reuse.h"
#include "unit/cache/answers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::cache {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono::seconds;

std::optional<seconds> lifetime(const Lines& lines) {
  const http::Fields all = fields(lines);
  return explicit_lifetime(http::parse_cache_control(all), all, date_of(all, kNow));
}

struct Case {
  std::string what;
  Lines lines;
  std::optional<seconds> expected;
};

TEST(FreshnessTest, Rfc9111Section421TheLifetimeIsTheFirstOfThree) {
  for (const Case& c : std::vector<Case>{
           {"nothing", {}, std::nullopt},
           {"max-age", {{"Cache-Control", "max-age=60"}}, 60s},
           {"s-maxage first", {{"Cache-Control", "max-age=60, s-maxage=5"}}, 5s},
           {"s-maxage over 0", {{"Cache-Control", "max-age=0, s-maxage=5"}}, 5s},
           {"over Expires", {{"Cache-Control", "max-age=60"}, {"Expires", date(-1h)}}, 60s},
           {"0 over Expires", {{"Cache-Control", "max-age=0"}, {"Expires", date(1h)}}, 0s},
           {"invalid over Expires", {{"Cache-Control", "max-age=x"}, {"Expires", date(1h)}}, 0s},
           {"Expires less Date", {{"Expires", date(300s)}, {"Date", date(100s)}}, 200s},
           {"Expires before Date", {{"Expires", date(300s)}, {"Date", date(400s)}}, 0s},
           {"Expires and no Date", {{"Expires", date(10s)}}, 10s},
           {"Expires, Date is none", {{"Expires", date(10s)}, {"Date", "foo"}}, 10s},
           {"far off", {{"Expires", "Fri, 31 Dec 9999 23:59:59 GMT"}}, http::kMaxDelta},
           {"long past", {{"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"}}, 0s},
           {"too large", {{"Cache-Control", "max-age=99999999999"}}, http::kMaxDelta},
       }) {
    EXPECT_EQ(lifetime(c.lines), c.expected) << c.what;
  }
}

TEST(FreshnessTest, Rfc9111Section53AnExpiresThatIsNoDateHasPassed) {
  for (const std::string& value :
       {"0", "-1", "", "Thu, 18 Aug 2050 02:01:18 UTC", "Thu, 18 Aug 50 02:01:18 GMT",
        "Thu 18 Aug 2050 02:01:18 GMT", "Thu, 18  Aug  2050 02:01:18 GMT",
        "Thu, 18-Aug-2050 02:01:18 GMT", "Thu, 18 Aug 2050 02.01.18 GMT",
        "Thu, 18 Aug 2050 2:01:18 GMT"}) {
    EXPECT_EQ(lifetime({{"Expires", value}}), 0s) << value;
  }
}

TEST(FreshnessTest, Rfc9111Section42DatesAreReadInAllFormatsAndCases) {
  for (const std::string& value :
       {"Thu, 18 Aug 2050 02:01:18 GMT", "Thursday, 18-Aug-50 02:01:18 GMT",
        "Thu Aug 18 02:01:18 2050", "THU, 18 Aug 2050 02:01:18 GMT",
        "Thu, 18 AUG 2050 02:01:18 GMT", "Thu, 18 Aug 2050 02:01:18 gMT"}) {
    EXPECT_GT(lifetime({{"Expires", value}}), 20 * 365 * 24h) << value;
  }
}

TEST(FreshnessTest, Rfc9111Section51TheFirstMemberOfAgeCountsWhenItIsANumber) {
  struct Ages {
    std::vector<std::string> values;
    seconds expected;
  };
  for (const Ages& c : std::vector<Ages>{{{}, 0s},
                                         {{"7200"}, 7200s},
                                         {{"abc"}, 0s},
                                         {{"-7200"}, 0s},
                                         {{"7200.0"}, 0s},
                                         {{"2147483649"}, http::kMaxDelta},
                                         {{"7200, 0"}, 7200s},
                                         {{"0, 7200"}, 0s},
                                         {{"7200", "0"}, 7200s},
                                         {{"0", "7200"}, 0s},
                                         {{"3600", "3600"}, 3600s},
                                         {{""}, 0s}}) {
    Lines lines;
    for (const std::string& value : c.values) lines.emplace_back("Age", value);
    EXPECT_EQ(read_age(fields(lines)), c.expected) << testing::PrintToString(c.values);
  }
}

struct AgeCase {
  std::string what;
  Lines lines;
  std::chrono::milliseconds delay;
  seconds expected;
};

TEST(FreshnessTest, Rfc9111Section423TheInitialAgeIsTheLargerOfTwo) {
  for (AgeCase& c :
       std::vector<AgeCase>{{"new", {{"Date", date()}}, 0ms, 0s},
                            {"old Date", {{"Date", date(-2h)}}, 0ms, 7200s},
                            {"Date ahead", {{"Date", date(2h)}}, 0ms, 0s},
                            {"no Date", {}, 0ms, 0s},
                            {"Age", {{"Date", date()}, {"Age", "30"}}, 0ms, 30s},
                            {"delay", {{"Date", date()}}, 5000ms, 5s},
                            {"Age and delay", {{"Age", "30"}}, 5000ms, 35s},
                            {"the larger", {{"Date", date(-9s)}, {"Age", "3"}}, 0ms, 9s},
                            {"clock stepped", {{"Date", date()}}, -5000ms, 0s}}) {
    c.lines.emplace_back("Cache-Control", "max-age=100000");
    const StoredResponse stored = Answer{.lines = c.lines, .delay = c.delay}.stored();
    EXPECT_EQ(age_of(stored.metadata, kNow), c.expected) << c.what;
    EXPECT_EQ(age_of(stored.metadata, kNow + 2500ms), c.expected + 2s) << c.what;
  }
}

TEST(FreshnessTest, AResponseOfThisSecondIsNotASecondOld) {
  const Answer answer{.lines = {{"Date", date()}, {"Cache-Control", "max-age=1"}},
                      .at = kNow + 950ms};
  const StoredResponse stored = answer.stored();
  EXPECT_EQ(decide_reuse(stored.metadata, kNow + 1900ms), Reuse::kFresh);
  EXPECT_EQ(decide_reuse(stored.metadata, kNow + 1950ms), Reuse::kAskFirst);
}

TEST(FreshnessTest, AClockThatStepsBackMakesNoNegativeAge) {
  const StoredResponse stored = Answer{.lines = {{"Cache-Control", "max-age=9"}}}.stored();
  EXPECT_EQ(age_of(stored.metadata, kNow - 1h), 0s);
}

TEST(FreshnessTest, Rfc9111Section422DefaultsStandInWhereRfc9110Section151Allows) {
  const PolicyOptions options{.default_ttl = 7s, .negative_ttl = 3s};
  const http::CacheControl none;
  for (const int status : {200, 203, 204, 300, 301, 308}) {
    EXPECT_EQ(implied_lifetime(status, none, options), 7s) << status;
  }
  for (const int status : {404, 405, 410, 414, 501}) {
    EXPECT_EQ(implied_lifetime(status, none, options), 3s) << status;
  }
  http::CacheControl is_public;
  is_public.is_public = true;
  for (const int status : {201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(implied_lifetime(status, none, options), std::nullopt) << status;
    EXPECT_EQ(implied_lifetime(status, is_public, options), status < 400 ? 7s : 3s) << status;
  }
}

}  // namespace
}  // namespace yatagarasu::cache
