#include "resilience/retry_budget.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace yatagarasu::resilience {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

struct BudgetCase {
  std::uint32_t percent;
  int requests;
  int retries;
};

class RetryBudgetTableTest : public ::testing::TestWithParam<BudgetCase> {};

TEST_P(RetryBudgetTableTest, AllowsAShareOfTheRequestsOrAFew) {
  const TimePoint now(1h);
  RetryBudget budget(GetParam().percent);
  for (int i = 0; i < GetParam().requests; ++i) budget.requested(now);

  int allowed = 0;
  while (allowed <= 1'000 && budget.try_retry(now)) ++allowed;

  EXPECT_EQ(allowed, GetParam().retries);
}

INSTANTIATE_TEST_SUITE_P(Table, RetryBudgetTableTest,
                         ::testing::Values(BudgetCase{20, 0, 10}, BudgetCase{20, 54, 10},
                                           BudgetCase{20, 55, 11}, BudgetCase{20, 1'000, 200},
                                           BudgetCase{0, 1'000, 10}, BudgetCase{1, 1'000, 10},
                                           BudgetCase{100, 1'000, 1'000}));

class RetryBudgetTest : public ::testing::Test {
 protected:
  int retries() {
    int allowed = 0;
    while (budget_.try_retry(now_)) ++allowed;
    return allowed;
  }

  TimePoint now_{1h};
  RetryBudget budget_{20};
};

TEST_F(RetryBudgetTest, ForgetsRetriesAfterTenSeconds) {
  EXPECT_EQ(retries(), 10);
  now_ += 9s;
  EXPECT_EQ(retries(), 0);
  now_ += 1s;
  EXPECT_EQ(retries(), 10);
}

TEST_F(RetryBudgetTest, ForgetsRequestsAfterTenSeconds) {
  for (int i = 0; i < 1'000; ++i) budget_.requested(now_);
  now_ += 10s;

  EXPECT_EQ(retries(), 10);
}

TEST_F(RetryBudgetTest, GrowsWithTheRequests) {
  EXPECT_EQ(retries(), 10);
  for (int i = 0; i < 100; ++i) budget_.requested(now_);

  EXPECT_EQ(retries(), 10);  // 20 in all.
}

TEST_F(RetryBudgetTest, NeverLetsMoreThanItsShareThroughInAnyTenSeconds) {
  int allowed = 0;
  for (int i = 0; i < 10'000; ++i, now_ += 1ms) {
    budget_.requested(now_);
    if (budget_.try_retry(now_)) ++allowed;
  }

  EXPECT_LE(allowed, 2'000);
  EXPECT_GE(allowed, 1'990);
}

}  // namespace
}  // namespace yatagarasu::resilience
