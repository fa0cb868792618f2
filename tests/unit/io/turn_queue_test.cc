#include "io/turn_queue.h"

#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/task_group.h"
#include "support/run.h"

#include <boost/asio/post.hpp>
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <vector>

namespace yatagarasu::io {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::ElementsAre;

class TurnQueueTest : public ::testing::Test {
 protected:
  Loop loop_{0};
  std::vector<std::string> seen_;
  TaskGroup tasks_{loop_.executor(), [](const std::exception_ptr& /*error*/) { FAIL(); }};

  Task<void> step(std::string name, Duration patience = 5s) {
    const WaitStatus status = co_await loop_.turns().take(Clock::now() + patience);
    seen_.push_back(status == WaitStatus::kReady ? name : name + " too late");
  }
  void TearDown() override { support::stop(loop_, tasks_); }
};

TEST_F(TurnQueueTest, StepsHaveTheirTurnsInOrder) {
  for (const char* const name : {"a", "b", "c"}) tasks_.spawn(step(name));

  support::run_until(loop_, [&] { return tasks_.empty(); });

  EXPECT_THAT(seen_, ElementsAre("a", "b", "c"));
}

TEST_F(TurnQueueTest, WhatElseIsReadyRunsBetweenTwoSteps) {
  for (const char* const name : {"a", "b", "c"}) tasks_.spawn(step(name));
  bool goes_on = true;
  const std::function<void()> other = [&] {
    seen_.emplace_back("other");
    if (goes_on) asio::post(loop_.executor(), other);
  };
  asio::post(loop_.executor(), other);

  support::run_until(loop_, [&] { return tasks_.empty(); });
  goes_on = false;
  support::run_ready(loop_);

  std::string before;
  for (const std::string& each : seen_) {
    EXPECT_FALSE(before != "other" && each != "other" && !before.empty()) << before << each;
    before = each;
  }
}

TEST_F(TurnQueueTest, OneThatIsCancelledLeavesTheQueue) {
  tasks_.spawn(step("a"));
  const TaskGroup::TaskId second = tasks_.spawn(step("b"));
  tasks_.spawn(step("c"));
  asio::post(loop_.executor(), [&] { tasks_.cancel(second); });

  support::run_until(loop_, [&] { return tasks_.empty(); });

  EXPECT_EQ(seen_.front(), "a");
  EXPECT_EQ(seen_.back(), "c");
}

TEST_F(TurnQueueTest, AFreeTurnIsTakenAtOnce) {
  support::run(loop_, step("a"));
  support::run_ready(loop_);
  support::run(loop_, step("b"));

  EXPECT_THAT(seen_, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace yatagarasu::io
