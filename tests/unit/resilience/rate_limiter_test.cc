#include "resilience/rate_limiter.h"

#include "core/cidr.h"
#include "resilience/client_rate_limiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace yatagarasu::resilience {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using TimePoint = RateLimiter::TimePoint;

constexpr TimePoint kStart{std::chrono::hours(1)};

core::IpAddress address(const std::string& text) {
  return core::IpAddress::parse(text).value();
}

TEST(RateLimiterTest, ABurstPassesAtOnceAndThenOneAfterTheOther) {
  RateLimiter limiter({.per_second = 10, .burst = 3});

  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.take(kStart).is_admitted) << i;
  EXPECT_FALSE(limiter.take(kStart).is_admitted);
  EXPECT_FALSE(limiter.take(kStart + 99ms).is_admitted);
  EXPECT_TRUE(limiter.take(kStart + 100ms).is_admitted);
  EXPECT_FALSE(limiter.take(kStart + 100ms).is_admitted);
}

TEST(RateLimiterTest, ARefusalSaysHowLongAndCostsNothing) {
  RateLimiter limiter({.per_second = 2, .burst = 1});
  EXPECT_TRUE(limiter.take(kStart).is_admitted);

  for (int i = 0; i < 5; ++i) EXPECT_EQ(limiter.take(kStart).retry_after, 500ms);
  EXPECT_EQ(limiter.take(kStart + 400ms).retry_after, 100ms);
  EXPECT_TRUE(limiter.take(kStart + 500ms).is_admitted);
}

TEST(RateLimiterTest, APauseFillsItNoFurtherThanItsBurst) {
  RateLimiter limiter({.per_second = 10, .burst = 2});
  EXPECT_TRUE(limiter.take(kStart).is_admitted);

  const TimePoint later = kStart + 3600s;
  EXPECT_TRUE(limiter.take(later).is_admitted);
  EXPECT_TRUE(limiter.take(later).is_admitted);
  EXPECT_FALSE(limiter.take(later).is_admitted);
}

TEST(RateLimiterTest, ItDoesWhatABucketOfTokensDoes) {
  std::mt19937_64 random(7);
  const auto up_to = [&](std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(0, most)(random);
  };
  for (int round = 0; round < 50; ++round) {
    const RateLimit limit{.per_second = static_cast<std::uint32_t>(1 + up_to(49)),
                          .burst = static_cast<std::uint32_t>(1 + up_to(19))};
    const std::int64_t each = 1'000'000'000 / limit.per_second;
    const std::int64_t full = each * limit.burst;
    RateLimiter limiter(limit);
    std::int64_t tokens = full;  // In nanoseconds of waiting.
    std::int64_t now = 0;
    for (int step = 0; step < 400; ++step) {
      const std::int64_t passed = up_to(2 * each);
      now += passed;
      tokens = std::min(full, tokens + passed);
      const bool expected = tokens >= each;
      if (expected) tokens -= each;
      const Admission admission = limiter.take(kStart + std::chrono::nanoseconds(now));
      ASSERT_EQ(admission.is_admitted, expected) << round << " " << step;
      if (!expected) ASSERT_EQ(admission.retry_after.count(), each - tokens);
    }
  }
}

TEST(RateLimiterTest, ThreadsShareOneBucket) {
  RateLimiter limiter({.per_second = 1, .burst = 1'000});
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1'000; ++j) admitted += limiter.take(kStart).is_admitted ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(admitted, 1'000);
}

TEST(ClientRateLimiterTest, EachAddressHasABucketOfItsOwn) {
  ClientRateLimiter limiter({.per_second = 1, .burst = 1}, 42);

  EXPECT_TRUE(limiter.take(address("192.0.2.1"), kStart).is_admitted);
  EXPECT_FALSE(limiter.take(address("192.0.2.1"), kStart).is_admitted);
  EXPECT_TRUE(limiter.take(address("192.0.2.2"), kStart).is_admitted);
  EXPECT_TRUE(limiter.take(address("192.0.2.1"), kStart + 1s).is_admitted);
}

TEST(ClientRateLimiterTest, ASubscribersPrefixIsOneClient) {
  struct Case {
    const char* one;
    const char* other;
    bool is_same;
  };
  for (const Case& each :
       {Case{"2001:db8:1:2::1", "2001:db8:1:2:ffff::1", true},
        Case{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        Case{"192.0.2.1", "::ffff:192.0.2.1", true}, Case{"192.0.2.1", "192.0.2.129", false},
        Case{"::1", "::2", true}, Case{"::1", "0.0.0.1", false}}) {
    ClientRateLimiter limiter({.per_second = 1, .burst = 1}, 42);
    limiter.take(address(each.one), kStart);
    EXPECT_EQ(!limiter.take(address(each.other), kStart).is_admitted, each.is_same)
        << each.one << " " << each.other;
  }
}

TEST(ClientRateLimiterTest, AMillionOtherAddressesDoNotMakeRoomForOneWhoIsOverHisLimit) {
  ClientRateLimiter limiter({.per_second = 1, .burst = 50}, 42);
  const core::IpAddress greedy = address("198.51.100.7");
  while (limiter.take(greedy, kStart).is_admitted) continue;

  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    limiter.take(core::IpAddress::from_v4({10, static_cast<std::uint8_t>(i >> 16U),
                                           static_cast<std::uint8_t>(i >> 8U),
                                           static_cast<std::uint8_t>(i)}),
                 kStart);
  }

  EXPECT_FALSE(limiter.take(greedy, kStart).is_admitted);
}

TEST(ClientRateLimiterTest, NobodyIsRefusedForLackOfRoom) {
  ClientRateLimiter limiter({.per_second = 1, .burst = 1}, 42);

  for (std::uint32_t i = 0; i < 200'000; ++i) {
    ASSERT_TRUE(limiter
                    .take(core::IpAddress::from_v4({10, static_cast<std::uint8_t>(i >> 16U),
                                                    static_cast<std::uint8_t>(i >> 8U),
                                                    static_cast<std::uint8_t>(i)}),
                          kStart)
                    .is_admitted);
  }
}

TEST(ClientRateLimiterTest, ThreadsShareEachBucket) {
  ClientRateLimiter limiter({.per_second = 1, .burst = 100}, 42);
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1'000; ++j) {
        const auto client = core::IpAddress::from_v4({10, 0, 0, static_cast<std::uint8_t>(j % 5)});
        admitted += limiter.take(client, kStart).is_admitted ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(admitted, 500);
}

}  // namespace
}  // namespace yatagarasu::resilience
