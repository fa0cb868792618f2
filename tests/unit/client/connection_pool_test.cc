#include "client/connection_pool.h"

#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/task_group.h"
#include "support/fake_stream.h"
#include "support/run.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::client {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using core::ErrorCode;
using support::FakeStream;
using ::testing::ElementsAre;

class ConnectionPoolTest : public ::testing::Test {
 protected:
  ConnectionPool::Lease acquire() {
    std::optional<ConnectionPool::Lease> lease = pool_.try_acquire();
    if (!lease) throw std::runtime_error("nothing is free");
    return std::move(*lease);
  }

  // Opens a connection into a slot.
  std::shared_ptr<const FakeStream::Record> open(ConnectionPool::Lease& lease) {
    auto stream =
        std::make_unique<FakeStream>(std::vector<std::string>{}, FakeStream::End::kSilence);
    auto record = stream->record();
    lease.adopt(std::move(stream), {});
    return record;
  }

  io::Task<void> wait_for_turn(int number, std::vector<int>& order, io::TimePoint deadline) {
    core::Result<ConnectionPool::Lease> lease = co_await pool_.wait(deadline);
    if (!lease) co_return errors_.push_back(lease.error().code);
    order.push_back(number);
    if (lease->stream() != nullptr) lease->give_back();
  }

  io::Loop loop_{0};
  ConnectionPool pool_{
      loop_, {.max_connections = 1, .max_idle = 1, .max_waiting = 2, .idle_timeout = 50ms}};
  std::vector<ErrorCode> errors_;
  io::TaskGroup tasks_{loop_.executor(), [](const std::exception_ptr&) { FAIL(); }};
};

TEST_F(ConnectionPoolTest, ReusesAConnectionThatWasGivenBack) {
  ConnectionPool::Lease first = acquire();
  open(first);
  const io::Stream* const stream = first.stream();
  first.give_back();

  const ConnectionPool::Lease second = acquire();

  EXPECT_EQ(second.stream(), stream);
  EXPECT_TRUE(second.is_reused());
  EXPECT_EQ(pool_.counters().opened, 1U);
  EXPECT_EQ(pool_.counters().reused, 1U);
}

TEST_F(ConnectionPoolTest, ClosesAConnectionWhoseLeaseJustEnds) {
  ConnectionPool::Lease lease = acquire();
  const auto record = open(lease);
  lease.reset();

  EXPECT_TRUE(record->is_closed);
  EXPECT_EQ(pool_.counters().in_use, 0U);
  EXPECT_EQ(pool_.counters().idle, 0U);
}

TEST_F(ConnectionPoolTest, ServesThoseWhoWaitInTheirOrder) {
  ConnectionPool::Lease lease = acquire();
  open(lease);
  std::vector<int> order;
  tasks_.spawn(wait_for_turn(1, order, io::kNever));
  tasks_.spawn(wait_for_turn(2, order, io::kNever));
  support::run_ready(loop_);
  EXPECT_EQ(pool_.counters().waiting, 2U);

  lease.give_back();
  support::run_ready(loop_);

  EXPECT_THAT(order, ElementsAre(1, 2));
  EXPECT_EQ(pool_.counters().idle, 1U);
}

TEST_F(ConnectionPoolTest, HandsTheSlotOfAClosedConnectionOn) {
  ConnectionPool::Lease lease = acquire();
  open(lease);
  std::vector<int> order;
  tasks_.spawn(wait_for_turn(1, order, io::kNever));
  support::run_ready(loop_);

  lease.reset();
  support::run_ready(loop_);

  EXPECT_THAT(order, ElementsAre(1));
  EXPECT_EQ(pool_.counters().in_use, 0U);
}

TEST_F(ConnectionPoolTest, RefusesMoreThanMayWait) {
  const ConnectionPool::Lease lease = acquire();
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) tasks_.spawn(wait_for_turn(i, order, io::Clock::now() + 20ms));
  support::run_ready(loop_);

  EXPECT_THAT(errors_, ElementsAre(ErrorCode::kOverloaded));
  support::run(loop_, tasks_.join());
}

TEST_F(ConnectionPoolTest, GivesUpWaitingAtTheDeadline) {
  const ConnectionPool::Lease lease = acquire();
  std::vector<int> order;

  support::run(loop_, wait_for_turn(1, order, io::Clock::now() + 20ms));

  EXPECT_THAT(errors_, ElementsAre(ErrorCode::kOverloaded));
  EXPECT_EQ(pool_.counters().waiting, 0U);
}

TEST_F(ConnectionPoolTest, ACancelledTaskLeavesTheLine) {
  ConnectionPool::Lease lease = acquire();
  open(lease);
  std::vector<int> order;
  tasks_.spawn(wait_for_turn(1, order, io::kNever));
  support::run_ready(loop_);
  support::stop(loop_, tasks_);
  EXPECT_EQ(pool_.counters().waiting, 0U);

  lease.give_back();

  EXPECT_TRUE(order.empty());
  EXPECT_EQ(pool_.counters().idle, 1U);
}

TEST_F(ConnectionPoolTest, WhatACancelledTaskWasHandedGoesToTheNext) {
  ConnectionPool::Lease lease = acquire();
  const auto record = open(lease);
  std::vector<int> order;
  io::TaskGroup cancelled(loop_.executor(), [](const std::exception_ptr&) { FAIL(); });
  // One that is destroyed between being handed the connection and taking it.
  cancelled.spawn([](ConnectionPool& pool) -> io::Task<void> {
    const auto ignored = co_await pool.wait(io::kNever);
    static_cast<void>(ignored);
  }(pool_));
  tasks_.spawn(wait_for_turn(2, order, io::kNever));
  support::run_ready(loop_);

  lease.give_back();
  support::stop(loop_, cancelled);
  support::run_ready(loop_);

  EXPECT_THAT(order, ElementsAre(2));
  EXPECT_EQ(pool_.counters().in_use, 0U);
}

TEST_F(ConnectionPoolTest, ClosesAnIdleConnectionAfterItsTime) {
  ConnectionPool::Lease lease = acquire();
  const auto record = open(lease);
  lease.give_back();
  EXPECT_FALSE(record->is_closed);

  support::run_until(loop_, [&] { return record->is_closed; });

  EXPECT_EQ(pool_.counters().idle, 0U);
}

TEST_F(ConnectionPoolTest, ClosingItClosesIdleConnectionsAndTellsThoseWhoWait) {
  ConnectionPool::Lease lease = acquire();
  const auto record = open(lease);
  std::vector<int> order;
  tasks_.spawn(wait_for_turn(1, order, io::kNever));
  support::run_ready(loop_);

  pool_.close();
  lease.give_back();
  support::run(loop_, tasks_.join());

  EXPECT_TRUE(record->is_closed);
  EXPECT_THAT(errors_, ElementsAre(ErrorCode::kShuttingDown));
  EXPECT_FALSE(pool_.try_acquire());
}

}  // namespace
}  // namespace yatagarasu::client
