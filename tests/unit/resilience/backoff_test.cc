#include "resilience/backoff.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>

namespace yatagarasu::resilience {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""ns;
using Wait = std::optional<std::chrono::nanoseconds>;

constexpr BackoffOptions kOptions{.initial = 50ms, .max = 1s};

Backoff always(std::uint64_t random) {
  return Backoff(kOptions, [random] { return random; });
}

struct BoundCase {
  unsigned number;
  std::chrono::nanoseconds bound;
};

class BackoffBoundTest : public ::testing::TestWithParam<BoundCase> {};

TEST_P(BackoffBoundTest, WaitsAnyTimeUpToTheBound) {
  const auto& [number, bound] = GetParam();
  const auto largest = static_cast<std::uint64_t>(bound.count());

  EXPECT_EQ(always(0).before_retry(number, std::nullopt), 0ns);
  EXPECT_EQ(always(largest).before_retry(number, std::nullopt), bound);
  EXPECT_EQ(always(largest + 1).before_retry(number, std::nullopt), 0ns);
}

INSTANTIATE_TEST_SUITE_P(Table, BackoffBoundTest,
                         ::testing::Values(BoundCase{0, 50ms}, BoundCase{1, 100ms},
                                           BoundCase{2, 200ms}, BoundCase{3, 400ms},
                                           BoundCase{4, 800ms}, BoundCase{5, 1s}, BoundCase{6, 1s},
                                           BoundCase{std::numeric_limits<unsigned>::max(), 1s}));

TEST(BackoffTest, SpreadsOverTheWholeTime) {
  std::mt19937_64 random(1);
  Backoff backoff(kOptions, [&] { return random(); });
  int early = 0;
  int late = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto wait = backoff.before_retry(0, std::nullopt).value();
    early += wait < 10ms ? 1 : 0;
    late += wait > 40ms ? 1 : 0;
  }

  EXPECT_GT(early, 100);
  EXPECT_GT(late, 100);
}

TEST(BackoffTest, WaitsAtLeastAsLongAsTheServerAsksFor) {
  EXPECT_EQ(always(0).before_retry(0, 2s), 2s);
  EXPECT_EQ(always(7).before_retry(0, 2s), 2s + 7ns);
}

TEST(BackoffTest, IsPutOffByAServerThatAsksForTooMuch) {
  EXPECT_EQ(always(0).before_retry(0, Backoff::kLongestRetryAfter), Backoff::kLongestRetryAfter);
  EXPECT_EQ(always(0).before_retry(0, Backoff::kLongestRetryAfter + 1s), Wait());
  EXPECT_EQ(always(0).before_retry(0, 2'147'483'648s), Wait());
}

TEST(BackoffTest, CanRetryAtOnce) {
  Backoff backoff({.initial = 0ms, .max = 1s}, [] { return std::uint64_t{12'345}; });

  for (const unsigned number : {0U, 1U, 9U}) {
    EXPECT_EQ(backoff.before_retry(number, std::nullopt), 0ns) << number;
  }
}

}  // namespace
}  // namespace yatagarasu::resilience
