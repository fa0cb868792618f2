#include "resilience/circuit_breaker.h"

#include "resilience/shared_circuit_breaker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace yatagarasu::resilience {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

class CircuitBreakerTest : public ::testing::Test {
 protected:
  using Permit = SharedCircuitBreaker::Permit;

  std::optional<Permit> acquire() { return breaker_.try_acquire(now_); }
  bool admits() { return acquire().has_value(); }
  void succeed(int times) {
    for (int i = 0; i < times; ++i) acquire().value().succeeded(now_);
  }
  void fail(int times) {
    for (int i = 0; i < times; ++i) acquire().value().failed(now_);
  }
  CircuitState state() const { return breaker_.status(now_).state; }
  void become_half_open() {
    fail(5);
    now_ += 10s;
  }

  TimePoint now_{1h};
  SharedCircuitBreaker breaker_{
      {.failure_threshold = 5, .success_threshold = 2, .cooldown = 10s, .half_open_requests = 3}};
};

// One call a letter (s: success, f: failure, a: abandoned), all at the same moment.
struct OpeningCase {
  std::string_view calls;
  CircuitState state;
};

class OpeningTest : public CircuitBreakerTest, public ::testing::WithParamInterface<OpeningCase> {};

TEST_P(OpeningTest, OpensOnFailuresInARowOrOnTheHalfOfMany) {
  for (const char call : GetParam().calls) {
    std::optional<Permit> permit = acquire();
    ASSERT_TRUE(permit);
    if (call == 's') std::move(*permit).succeeded(now_);
    if (call == 'f') std::move(*permit).failed(now_);
  }

  EXPECT_EQ(state(), GetParam().state);
}

INSTANTIATE_TEST_SUITE_P(
    Table, OpeningTest,
    ::testing::Values(OpeningCase{"", CircuitState::kClosed},
                      OpeningCase{"ffff", CircuitState::kClosed},
                      OpeningCase{"fffff", CircuitState::kOpen},
                      OpeningCase{"ffffsffff", CircuitState::kClosed},
                      OpeningCase{"ffaffaf", CircuitState::kOpen},
                      OpeningCase{"aaaaaaaaaaaaaaaaaaaaaaaa", CircuitState::kClosed},
                      OpeningCase{"sfsfsfsfsfsfsfsfsfs", CircuitState::kClosed},
                      OpeningCase{"sfsfsfsfsfsfsfsfsfsf", CircuitState::kOpen},
                      OpeningCase{"fsfsfsfsfsfsfsfsfssf", CircuitState::kOpen},
                      OpeningCase{"fsfsfsfsfsfsfsfsfsss", CircuitState::kClosed},
                      OpeningCase{"ssfssfssfssfssfssfssfssf", CircuitState::kClosed}));

// Every other call fails.
TEST_F(CircuitBreakerTest, OpensOnFailuresOfTenSecondsAndNotOfMore) {
  for (const auto& [pause, opens] : {std::pair(1'000ms, true), std::pair(1'500ms, false)}) {
    SharedCircuitBreaker breaker({});
    for (int i = 0; i < 10; ++i, now_ += pause) {
      breaker.try_acquire(now_).value().succeeded(now_);
      breaker.try_acquire(now_).value().failed(now_);
    }

    EXPECT_EQ(!breaker.try_acquire(now_), opens) << pause.count();
    now_ += 1h;
  }
}

TEST_F(CircuitBreakerTest, ALargeThresholdCountsForTheHalfOfManyToo) {
  SharedCircuitBreaker patient({.failure_threshold = 1'000'000});
  for (int i = 0; i < 1'000; ++i) patient.try_acquire(now_).value().failed(now_);

  EXPECT_EQ(patient.status(now_).state, CircuitState::kClosed);
}

TEST_F(CircuitBreakerTest, RefusesUntilTheCooldownIsOver) {
  fail(5);
  EXPECT_FALSE(admits());
  EXPECT_EQ(breaker_.status(now_).cooldown_left, 10s);

  now_ += 9'999ms;
  EXPECT_FALSE(admits());
  EXPECT_EQ(state(), CircuitState::kOpen);
  EXPECT_EQ(breaker_.status(now_).cooldown_left, 1ms);

  now_ += 1ms;
  EXPECT_EQ(state(), CircuitState::kHalfOpen);
  EXPECT_EQ(breaker_.status(now_).cooldown_left, 0s);
  EXPECT_TRUE(admits());
}

TEST_F(CircuitBreakerTest, IsNotKeptOpenByThoseItRefuses) {
  fail(5);
  for (int i = 0; i < 100; ++i, now_ += 100ms) {
    EXPECT_FALSE(admits()) << i;
  }
  EXPECT_TRUE(admits());
}

TEST_F(CircuitBreakerTest, HalfOpenItHasSoManyPlaces) {
  become_half_open();
  std::vector<Permit> permits;
  for (int i = 0; i < 3; ++i) permits.push_back(acquire().value());

  EXPECT_FALSE(admits());
}

TEST_F(CircuitBreakerTest, AnAbandonedCallFreesItsPlaceAndIsNoSuccess) {
  become_half_open();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(admits());

  EXPECT_EQ(state(), CircuitState::kHalfOpen);
}

TEST_F(CircuitBreakerTest, APermitThatMovesHoldsOnePlace) {
  become_half_open();
  std::optional<Permit> first = acquire();
  const Permit second = std::move(*first);
  first.reset();
  const Permit third = acquire().value();
  const Permit fourth = acquire().value();

  EXPECT_FALSE(admits());
}

TEST_F(CircuitBreakerTest, SuccessesCloseIt) {
  become_half_open();
  succeed(1);
  EXPECT_EQ(state(), CircuitState::kHalfOpen);
  succeed(1);
  EXPECT_EQ(state(), CircuitState::kClosed);
}

TEST_F(CircuitBreakerTest, ClosesAfterMoreSuccessesThanItHasPlaces) {
  SharedCircuitBreaker narrow(
      {.failure_threshold = 1, .success_threshold = 5, .cooldown = 1s, .half_open_requests = 1});
  narrow.try_acquire(now_).value().failed(now_);
  now_ += 1s;
  for (int i = 0; i < 5; ++i) narrow.try_acquire(now_).value().succeeded(now_);

  EXPECT_EQ(narrow.status(now_).state, CircuitState::kClosed);
}

TEST_F(CircuitBreakerTest, OnceClosedItBeginsAnew) {
  become_half_open();
  succeed(2);
  fail(4);

  EXPECT_EQ(state(), CircuitState::kClosed);
}

TEST_F(CircuitBreakerTest, OneFailureOpensItAgainForAWholeCooldown) {
  become_half_open();
  succeed(1);
  fail(1);

  EXPECT_EQ(breaker_.status(now_).cooldown_left, 10s);
  EXPECT_FALSE(admits());
}

TEST_F(CircuitBreakerTest, AVerdictFromBeforeItOpenedChangesNothing) {
  Permit late_failure = acquire().value();
  Permit late_success = acquire().value();
  Permit never_told = acquire().value();
  fail(5);
  std::move(late_success).succeeded(now_);
  EXPECT_EQ(state(), CircuitState::kOpen);

  now_ += 10s;
  const Permit held = acquire().value();
  std::move(late_failure).failed(now_);
  {
    const Permit dropped = std::move(never_told);
  }

  EXPECT_EQ(state(), CircuitState::kHalfOpen);
  const Permit second = acquire().value();
  const Permit third = acquire().value();
  EXPECT_FALSE(admits());
}

TEST_F(CircuitBreakerTest, NeverAdmitsTooManyFromSeveralThreads) {
  become_half_open();
  std::atomic<int> out = 0;
  std::atomic<int> most = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5'000; ++i) {
          const std::optional<Permit> permit = breaker_.try_acquire(now_);
          if (!permit) continue;
          const int now_out = ++out;
          int seen = most;
          while (seen < now_out && !most.compare_exchange_weak(seen, now_out)) {
          }
          --out;
        }
      });
    }
  }

  EXPECT_LE(most, 3);
  EXPECT_GE(most, 1);
  EXPECT_EQ(state(), CircuitState::kHalfOpen);
}

}  // namespace
}  // namespace yatagarasu::resilience
