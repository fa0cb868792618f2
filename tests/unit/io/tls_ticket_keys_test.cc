#include "io/tls_ticket_keys.h"

#include "io/task.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace yatagarasu::io {
namespace {

using std::chrono_literals::operator""s;

constexpr auto kPeriod = TlsTicketKeys::kPeriod;

class TlsTicketKeysTest : public ::testing::Test {
 protected:
  TimePoint now_ = Clock::now();
  TlsTicketKeys keys_{now_};
  TlsTicketKeys::Key first_ = keys_.current(now_);

  bool is_known(const TlsTicketKeys::Key& key) { return keys_.find(key.name, now_).has_value(); }
};

TEST_F(TlsTicketKeysTest, OneKeyLastsAPeriod) {
  now_ += kPeriod - 1s;

  EXPECT_EQ(keys_.current(now_).name, first_.name);
  EXPECT_TRUE(keys_.find(first_.name, now_)->is_current);
}

TEST_F(TlsTicketKeysTest, EachPeriodHasAKeyOfItsOwn) {
  now_ += kPeriod;
  const TlsTicketKeys::Key second = keys_.current(now_);

  EXPECT_NE(second.name, first_.name);
  EXPECT_NE(second.cipher, first_.cipher);
  EXPECT_NE(second.mac, first_.mac);
}

TEST_F(TlsTicketKeysTest, TheKeyBeforeIsGoodForOneMorePeriod) {
  now_ += kPeriod;
  static_cast<void>(keys_.current(now_));
  now_ += kPeriod - 1s;

  const auto found = keys_.find(first_.name, now_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key.cipher, first_.cipher);
  EXPECT_FALSE(found->is_current);
  now_ += 1s;
  EXPECT_FALSE(is_known(first_));
}

TEST_F(TlsTicketKeysTest, AKeyThatNobodyUsedForTwoPeriodsIsForgotten) {
  now_ += 2 * kPeriod;

  EXPECT_FALSE(is_known(first_));
}

TEST_F(TlsTicketKeysTest, AStrangersTicketHasNoKey) {
  const TlsTicketKeys::Key other = TlsTicketKeys(now_).current(now_);

  EXPECT_FALSE(is_known(other));
}

}  // namespace
}  // namespace yatagarasu::io
