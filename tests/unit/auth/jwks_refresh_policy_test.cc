#include "auth/jwt/jwks_refresh_policy.h"

#include "io/task.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Keys = JwksRefreshPolicy::Keys;

class JwksRefreshPolicyTest : public ::testing::Test {
 protected:
  JwksRefreshPolicy policy(io::Duration refresh = 15min) {
    JwksRefreshOptions options;
    options.refresh = refresh;
    return {options, [this] { return chance_; }};
  }

  double chance_ = 0;
  io::TimePoint now_{1'000h};
};

TEST_F(JwksRefreshPolicyTest, FetchesAtOnceAtFirst) {
  EXPECT_LE(policy().next_fetch(), now_);
}

TEST_F(JwksRefreshPolicyTest, FetchesAgainAfterTheConfiguredTime) {
  JwksRefreshPolicy policy = this->policy(15min);

  policy.succeeded(now_, std::nullopt);

  EXPECT_EQ(policy.next_fetch(), now_ + 15min);
}

TEST_F(JwksRefreshPolicyTest, JitterMakesItComeUpToATenthEarlierAndNeverLater) {
  JwksRefreshPolicy policy = this->policy(100min);
  chance_ = 0.5;

  policy.succeeded(now_, std::nullopt);
  EXPECT_EQ(policy.next_fetch(), now_ + 95min);

  chance_ = 0.999;
  policy.succeeded(now_, std::nullopt);
  EXPECT_GT(policy.next_fetch(), now_ + 90min);
}

TEST_F(JwksRefreshPolicyTest, AnAnnouncedLifetimeMovesItWithinBounds) {
  struct Case {
    io::Duration refresh;
    std::chrono::seconds lifetime;
    io::Duration wait;
  };
  const std::vector<Case> cases = {
      {15min, 15min, 15min},
      {15min, 5min, 5min},    // Shortened...
      {15min, 1s, 1min},      // ...not below a minute.
      {15min, 30min, 30min},  // Lengthened...
      {15min, 24h, 60min},    // ...not beyond four times.
      {10s, 1s, 10s},         // Never shortened below what is less than a minute.
      {10s, 20s, 20s},
      {10s, 1h, 40s},
      {15min, 2'147'483'648s, 60min},  // The largest there is.
  };
  for (const auto& [refresh, lifetime, wait] : cases) {
    JwksRefreshPolicy policy = this->policy(refresh);

    policy.succeeded(now_, lifetime);

    EXPECT_EQ(policy.next_fetch() - now_, wait) << refresh.count() << ' ' << lifetime.count();
  }
}

TEST_F(JwksRefreshPolicyTest, AnAbsurdRefreshDoesNotOverflowTheClock) {
  JwksRefreshPolicy policy = this->policy(io::Duration::max());

  policy.succeeded(now_, std::chrono::seconds(2'147'483'648));

  EXPECT_GT(policy.next_fetch(), now_);
  EXPECT_EQ(policy.review(now_), Keys::kUsable);
}

TEST_F(JwksRefreshPolicyTest, RetriesAfterFailuresMoreAndMoreSeldom) {
  JwksRefreshPolicy policy = this->policy();
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
    policy.failed(now_);

    EXPECT_EQ(policy.next_fetch() - now_, wait);
    now_ = policy.next_fetch();
  }
}

TEST_F(JwksRefreshPolicyTest, JitterMakesARetryComeUpToAHalfEarlier) {
  JwksRefreshPolicy policy = this->policy();
  chance_ = 0.5;

  policy.failed(now_);

  EXPECT_EQ(policy.next_fetch() - now_, 750ms);
}

TEST_F(JwksRefreshPolicyTest, ASuccessForgetsTheFailures) {
  JwksRefreshPolicy policy = this->policy();
  for (int i = 0; i < 100; ++i) policy.failed(now_);

  policy.succeeded(now_, std::nullopt);
  EXPECT_EQ(policy.next_fetch() - now_, 15min);

  policy.failed(now_);
  EXPECT_EQ(policy.next_fetch() - now_, 1s);
}

TEST_F(JwksRefreshPolicyTest, ThereAreNoKeysBeforeTheFirstSuccess) {
  JwksRefreshPolicy policy = this->policy();

  policy.failed(now_);

  EXPECT_EQ(policy.review(now_ + 100h), Keys::kNone);
}

TEST_F(JwksRefreshPolicyTest, KeysAreUsedForADayBeyondTheirRefresh) {
  JwksRefreshPolicy policy = this->policy(15min);
  policy.succeeded(now_, std::nullopt);
  const io::TimePoint end = now_ + 15min + 24h;
  policy.failed(now_ + 15min);

  EXPECT_EQ(policy.review(end - 1h - 1ms), Keys::kUsable);
  EXPECT_EQ(policy.review(end - 1h), Keys::kEnding);
  EXPECT_EQ(policy.review(end - 1ms), Keys::kEnding);
  EXPECT_EQ(policy.review(end), Keys::kGivenUp);
  EXPECT_EQ(policy.review(end), Keys::kNone);
}

TEST_F(JwksRefreshPolicyTest, ASuccessMakesThemUsableAgain) {
  JwksRefreshPolicy policy = this->policy(15min);
  policy.succeeded(now_, std::nullopt);
  now_ += 48h;
  ASSERT_EQ(policy.review(now_), Keys::kGivenUp);

  policy.succeeded(now_, std::nullopt);

  EXPECT_EQ(policy.review(now_ + 1h), Keys::kUsable);
}

TEST(RefetchCooldownTest, LetsOneThroughAndThenNoneForItsTime) {
  const io::TimePoint now{1h};
  RefetchCooldown cooldown(10s);

  EXPECT_TRUE(cooldown.try_begin(now));
  EXPECT_FALSE(cooldown.try_begin(now));
  EXPECT_FALSE(cooldown.try_begin(now + 10s - 1ms));
  EXPECT_TRUE(cooldown.try_begin(now + 10s));
}

TEST(RefetchCooldownTest, CountsFromTheEndOfTheFetch) {
  const io::TimePoint now{1h};
  RefetchCooldown cooldown(10s);
  ASSERT_TRUE(cooldown.try_begin(now));

  cooldown.ended(now + 8s);

  EXPECT_FALSE(cooldown.try_begin(now + 18s - 1ms));
  EXPECT_TRUE(cooldown.try_begin(now + 18s));
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
