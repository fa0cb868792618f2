#include "client/pool_policy.h"

#include "io/task.h"

#include <gtest/gtest.h>

#include <chrono>

namespace yatagarasu::client {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using Admission = PoolPolicy::Admission;
using Release = PoolPolicy::Release;

class PoolPolicyTest : public ::testing::Test {
 protected:
  void admit(int times) {
    for (int i = 0; i < times; ++i) policy_.admit();
  }

  io::TimePoint now_{1h};
  PoolPolicy policy_{{.max_connections = 3, .max_idle = 2, .max_waiting = 2, .idle_timeout = 10s}};
};

TEST_F(PoolPolicyTest, OpensConnectionsUpToTheLimit) {
  EXPECT_EQ(policy_.admit(), Admission::kOpen);
  EXPECT_EQ(policy_.admit(), Admission::kOpen);
  EXPECT_EQ(policy_.admit(), Admission::kOpen);
  EXPECT_EQ(policy_.admit(), Admission::kFull);
  EXPECT_EQ(policy_.in_use(), 3U);
}

TEST_F(PoolPolicyTest, PrefersAnIdleConnectionToANewOne) {
  admit(1);
  EXPECT_EQ(policy_.give_back(now_), Release::kKeep);

  EXPECT_EQ(policy_.admit(), Admission::kReuse);
  EXPECT_EQ(policy_.idle(), 0U);
  EXPECT_EQ(policy_.in_use(), 1U);
}

TEST_F(PoolPolicyTest, ADroppedConnectionFreesItsSlot) {
  admit(3);

  EXPECT_EQ(policy_.drop(), Release::kClose);
  EXPECT_EQ(policy_.admit(), Admission::kOpen);
}

TEST_F(PoolPolicyTest, KeepsNoMoreIdleConnectionsThanAllowed) {
  admit(3);

  EXPECT_EQ(policy_.give_back(now_), Release::kKeep);
  EXPECT_EQ(policy_.give_back(now_), Release::kKeep);
  EXPECT_EQ(policy_.give_back(now_), Release::kClose);
  EXPECT_EQ(policy_.in_use(), 0U);
}

TEST_F(PoolPolicyTest, BoundsThoseWhoWait) {
  admit(3);

  EXPECT_TRUE(policy_.try_wait());
  EXPECT_TRUE(policy_.try_wait());
  EXPECT_FALSE(policy_.try_wait());
  policy_.left();
  EXPECT_TRUE(policy_.try_wait());
}

TEST_F(PoolPolicyTest, HandsWhatIsGivenBackToOneThatWaits) {
  admit(3);
  policy_.try_wait();
  policy_.try_wait();

  EXPECT_EQ(policy_.give_back(now_), Release::kHandOver);
  EXPECT_EQ(policy_.drop(), Release::kHandOver);
  EXPECT_EQ(policy_.in_use(), 3U);
  EXPECT_EQ(policy_.waiting(), 0U);
  EXPECT_EQ(policy_.drop(), Release::kClose);
}

TEST_F(PoolPolicyTest, ExpiresTheLongestIdleFirst) {
  admit(2);
  policy_.give_back(now_);
  policy_.give_back(now_ + 4s);
  EXPECT_EQ(policy_.next_expiry(), now_ + 10s);

  EXPECT_EQ(policy_.expire(now_ + 10s - 1ms), 0U);
  EXPECT_EQ(policy_.expire(now_ + 10s), 1U);
  EXPECT_EQ(policy_.next_expiry(), now_ + 14s);
  EXPECT_EQ(policy_.expire(now_ + 1h), 1U);
  EXPECT_EQ(policy_.next_expiry(), io::kNever);
}

TEST_F(PoolPolicyTest, TheConnectionUsedLastIsUsedNextSoThatTheOthersExpire) {
  admit(2);
  policy_.give_back(now_);
  policy_.give_back(now_);
  for (int i = 1; i <= 5; ++i) {
    policy_.admit();
    policy_.give_back(now_ + i * 2s);
  }

  EXPECT_EQ(policy_.expire(now_ + 11s), 1U);
  EXPECT_EQ(policy_.idle(), 1U);
}

TEST_F(PoolPolicyTest, NothingExpiresWithoutATimeout) {
  PoolPolicy policy({.max_connections = 1, .max_idle = 1, .max_waiting = 0, .idle_timeout = 0s});
  policy.admit();
  policy.give_back(now_);

  EXPECT_EQ(policy.next_expiry(), io::kNever);
  EXPECT_EQ(policy.expire(now_ + 10'000h), 0U);
}

TEST_F(PoolPolicyTest, KeepsNothingOnceClosed) {
  admit(2);
  policy_.give_back(now_);

  policy_.close();

  EXPECT_EQ(policy_.idle(), 0U);
  EXPECT_EQ(policy_.give_back(now_), Release::kClose);
}

}  // namespace
}  // namespace yatagarasu::client
