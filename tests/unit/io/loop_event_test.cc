#include "io/loop_event.h"

#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/task_group.h"
#include "support/run.h"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <memory>
#include <thread>

namespace yatagarasu::io {
namespace {

class LoopEventTest : public ::testing::Test {
 protected:
  WaitStatus wait(TimePoint deadline = kNever) {
    return support::run(loop_, event_->wait(deadline));
  }

  Loop loop_{0};
  std::shared_ptr<LoopEvent> event_ = std::make_shared<LoopEvent>(loop_);
};

TEST_F(LoopEventTest, ANotificationBeforeTheWaitIsKept) {
  event_->notify();
  event_->notify();

  EXPECT_EQ(wait(), WaitStatus::kReady);
  EXPECT_EQ(wait(Clock::now()), WaitStatus::kTimedOut);
}

TEST_F(LoopEventTest, OneThatPassesTheDeadlineCanWaitAgain) {
  EXPECT_EQ(wait(Clock::now()), WaitStatus::kTimedOut);
  event_->notify();
  EXPECT_EQ(wait(), WaitStatus::kReady);
}

TEST_F(LoopEventTest, NotificationsOfAnotherThreadAreNeverLost) {
  constexpr int kRounds = 2'000;
  std::atomic<int> sent{0};
  const auto receive = [](LoopEvent& event, std::atomic<int>& count) -> Task<void> {
    for (int seen = 0; seen < kRounds;) {
      const WaitStatus status = co_await event.wait(kNever);
      EXPECT_EQ(status, WaitStatus::kReady);
      seen = count.load();
    }
  };
  std::thread sender([&] {
    for (int i = 0; i < kRounds; ++i) {
      ++sent;
      event_->notify();
    }
  });

  support::run(loop_, receive(*event_, sent));

  sender.join();
}

TEST_F(LoopEventTest, ACancelledWaitLeavesNothingBehind) {
  const auto receive = [](LoopEvent& event) -> Task<void> {
    const WaitStatus status = co_await event.wait(kNever);
    static_cast<void>(status);
  };
  TaskGroup tasks(loop_.executor(), [](const std::exception_ptr&) { FAIL(); });
  tasks.spawn(receive(*event_));
  support::run_ready(loop_);

  support::stop(loop_, tasks);
  event_->notify();

  EXPECT_EQ(wait(), WaitStatus::kReady);
}

TEST(TaskGroupTest, OneTaskOfAGroupIsCancelledWithoutTheOthers) {
  Loop loop(0);
  TaskGroup tasks(loop.executor(), [](const std::exception_ptr&) { FAIL(); });
  struct Ended {
    ~Ended() { *flag = true; }
    bool* flag;
  };
  const auto sleep = [](Loop& at, bool* flag) -> Task<void> {
    const Ended ended{flag};
    const auto event = std::make_shared<LoopEvent>(at);
    const WaitStatus status = co_await event->wait(kNever);
    static_cast<void>(status);
  };
  bool first_ended = false;
  bool second_ended = false;
  const TaskGroup::TaskId first = tasks.spawn(sleep(loop, &first_ended));
  tasks.spawn(sleep(loop, &second_ended));
  support::run_ready(loop);

  asio::post(loop.executor(), [&] { tasks.cancel(first); });
  support::run_ready(loop);

  EXPECT_TRUE(first_ended);
  EXPECT_FALSE(second_ended);
  tasks.cancel(first);
  support::stop(loop, tasks);
  EXPECT_TRUE(second_ended);
}

}  // namespace
}  // namespace yatagarasu::io
