#include "admin/request_rates.h"

#include <gtest/gtest.h>

#include <chrono>

namespace yatagarasu::admin {
namespace {

using std::chrono_literals::operator""s;

constexpr RequestRates::Clock::time_point kStart{};

TEST(RequestRatesTest, OneSampleSaysNothing) {
  RequestRates rates;
  EXPECT_TRUE(rates.is_due(kStart));
  rates.sample(kStart, {{"a", 100}});

  EXPECT_FALSE(rates.is_due(kStart + 4s));
  EXPECT_TRUE(rates.is_due(kStart + 5s));
  EXPECT_EQ(rates.per_second("a"), 0);
}

TEST(RequestRatesTest, TheRateIsThatOfTheWindow) {
  RequestRates rates;
  rates.sample(kStart, {{"a", 0}});
  rates.sample(kStart + 10s, {{"a", 1000}});
  EXPECT_EQ(rates.per_second("a"), 100);

  rates.sample(kStart + 65s, {{"a", 1550}});
  EXPECT_EQ(rates.per_second("a"), 10);
}

TEST(RequestRatesTest, BucketsThatCameOrCountFromTheBeginningHaveNone) {
  RequestRates rates;
  rates.sample(kStart, {{"a", 50}});
  rates.sample(kStart + 5s, {{"a", 10}, {"b", 10}});

  EXPECT_EQ(rates.per_second("a"), 0);
  EXPECT_EQ(rates.per_second("b"), 0);
}

}  // namespace
}  // namespace yatagarasu::admin
