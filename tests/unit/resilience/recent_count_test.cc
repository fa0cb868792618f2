#include "resilience/recent_count.h"

#include <gtest/gtest.h>

#include <chrono>

namespace yatagarasu::resilience {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr TimePoint kNow{1h};

TEST(RecentCountTest, CountsTheEventsOfTheLastTenSeconds) {
  RecentCount count;
  count.add(kNow);
  count.add(kNow + 4s);
  count.add(kNow + 9s);

  EXPECT_EQ(count.value(kNow + 9'499ms), 3U);
  EXPECT_EQ(count.value(kNow + 10s), 2U);
  EXPECT_EQ(count.value(kNow + 14s), 1U);
  EXPECT_EQ(count.value(kNow + 19s), 0U);
}

TEST(RecentCountTest, ForgetsAllAfterALongSilence) {
  RecentCount count;
  for (int i = 0; i < 40; ++i) count.add(kNow + i * 250ms);

  EXPECT_EQ(count.value(kNow + 24h), 0U);
}

TEST(RecentCountTest, GoesOnCountingAfterALongSilence) {
  RecentCount count;
  count.add(kNow);
  count.add(kNow + 1h);

  EXPECT_EQ(count.value(kNow + 1h + 5s), 1U);
}

TEST(RecentCountTest, TakesATimeOfThePastForThePresent) {
  RecentCount count;
  count.add(kNow);
  count.add(kNow - 30s);

  EXPECT_EQ(count.value(kNow + 9s), 2U);
}

}  // namespace
}  // namespace yatagarasu::resilience
