#include "client/address_order.h"

#include "io/task.h"
#include "io/tcp_stream.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace yatagarasu::client {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using ::testing::ElementsAre;

io::Endpoint address(std::uint16_t last) {
  return {io::asio::ip::make_address_v4(0x0a000000U + last), 443};
}

class AddressOrderTest : public ::testing::Test {
 protected:
  std::vector<std::uint16_t> arrange(io::TimePoint now) {
    std::vector<io::Endpoint> addresses = {address(1), address(2), address(3)};
    order_.arrange(addresses, now);
    std::vector<std::uint16_t> result;
    result.reserve(addresses.size());
    for (const io::Endpoint& each : addresses) {
      result.push_back(static_cast<std::uint16_t>(each.address().to_v4().to_uint()));
    }
    return result;
  }

  io::TimePoint now_{1h};
  AddressOrder order_;
};

TEST_F(AddressOrderTest, BeginsWithAnotherAddressEachTime) {
  EXPECT_THAT(arrange(now_), ElementsAre(1, 2, 3));
  EXPECT_THAT(arrange(now_), ElementsAre(2, 3, 1));
  EXPECT_THAT(arrange(now_), ElementsAre(3, 1, 2));
  EXPECT_THAT(arrange(now_), ElementsAre(1, 2, 3));
}

TEST_F(AddressOrderTest, TriesThoseThatFailedLatelyLast) {
  order_.failed(address(1), now_);

  EXPECT_THAT(arrange(now_ + 1s), ElementsAre(2, 3, 1));
}

TEST_F(AddressOrderTest, ForgetsAFailureAfterAWhile) {
  order_.failed(address(1), now_);

  EXPECT_THAT(arrange(now_ + AddressOrder::kAvoidFor), ElementsAre(1, 2, 3));
}

TEST_F(AddressOrderTest, ForgetsAFailureWithTheNextSuccess) {
  order_.failed(address(1), now_);
  order_.succeeded(address(1));

  EXPECT_THAT(arrange(now_ + 1s), ElementsAre(1, 2, 3));
}

TEST_F(AddressOrderTest, RemembersABoundedNumberOfFailures) {
  order_.failed(address(1), now_);
  for (std::uint16_t i = 0; i < AddressOrder::kMaxFailed; ++i) {
    order_.failed(address(static_cast<std::uint16_t>(100 + i)), now_);
  }

  EXPECT_THAT(arrange(now_ + 1s), ElementsAre(1, 2, 3));
}

TEST_F(AddressOrderTest, HasNothingToDoWithoutAddresses) {
  std::vector<io::Endpoint> none;
  order_.arrange(none, now_);

  EXPECT_TRUE(none.empty());
}

struct AvoidCase {
  std::vector<std::uint16_t> avoided;
  std::vector<std::uint16_t> order;
};

class PutLastTest : public ::testing::TestWithParam<AvoidCase> {};

TEST_P(PutLastTest, TriesTheAvoidedLastAndTheOldestOfThemFirst) {
  std::vector<io::Endpoint> addresses = {address(1), address(2), address(3)};
  std::vector<io::Endpoint> avoided;
  for (const std::uint16_t each : GetParam().avoided) avoided.push_back(address(each));
  std::vector<io::Endpoint> expected;
  for (const std::uint16_t each : GetParam().order) expected.push_back(address(each));

  put_last(addresses, avoided);

  EXPECT_EQ(addresses, expected);
}

INSTANTIATE_TEST_SUITE_P(Table, PutLastTest,
                         ::testing::Values(AvoidCase{{}, {1, 2, 3}}, AvoidCase{{1}, {2, 3, 1}},
                                           AvoidCase{{2}, {1, 3, 2}}, AvoidCase{{3}, {1, 2, 3}},
                                           AvoidCase{{2, 1}, {3, 2, 1}},
                                           AvoidCase{{3, 1, 2}, {3, 1, 2}},
                                           AvoidCase{{1, 1}, {2, 3, 1}},
                                           AvoidCase{{9, 1, 9}, {2, 3, 1}}));

TEST(AttemptDeadline, LeavesHalfOfTheTimeToTheOtherAddresses) {
  const io::TimePoint now(1h);

  EXPECT_EQ(attempt_deadline(now, now + 3s, 2), now + 1'500ms);
  EXPECT_EQ(attempt_deadline(now, now + 3s, 8), now + 1'500ms);
}

TEST(AttemptDeadline, GivesTheLastAddressAllOfIt) {
  const io::TimePoint now(1h);

  EXPECT_EQ(attempt_deadline(now, now + 3s, 1), now + 3s);
}

TEST(AttemptDeadline, IsNeverWithoutADeadline) {
  EXPECT_EQ(attempt_deadline(io::TimePoint(1h), io::kNever, 2), io::kNever);
}

}  // namespace
}  // namespace yatagarasu::client
