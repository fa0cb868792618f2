#include "io/timer_wheel.h"

#include "io/loop.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace yatagarasu::io {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

class TimerWheelTest : public ::testing::Test {
 protected:
  struct Counted {
    explicit Counted(TimerWheel& wheel)
        : timer(wheel, [](void* self) { static_cast<Counted*>(self)->fire(); }, this) {}
    void fire() {
      ++fired;
      at = Clock::now();
    }
    int fired = 0;
    TimePoint at{};
    TimerWheel::Timer timer;
  };

  // Runs until every armed timer of the loop has been looked at.
  void run_until_idle() { loop_.context().run(); }

  Loop loop_{0};
};

TEST_F(TimerWheelTest, ATimerFiresOnceAndNeverEarly) {
  Counted counted(loop_.timers());
  const TimePoint due = Clock::now() + 30ms;
  counted.timer.arm(due);

  run_until_idle();

  EXPECT_EQ(counted.fired, 1);
  EXPECT_GE(counted.at, due);
}

TEST_F(TimerWheelTest, ADisarmedTimerDoesNotFire) {
  Counted counted(loop_.timers());
  counted.timer.arm(Clock::now() + 10ms);
  counted.timer.disarm();

  run_until_idle();

  EXPECT_EQ(counted.fired, 0);
}

TEST_F(TimerWheelTest, ALaterDeadlineReplacesTheEarlierOne) {
  Counted counted(loop_.timers());
  counted.timer.arm(Clock::now() + 5ms);
  const TimePoint due = Clock::now() + 80ms;
  counted.timer.arm(due);

  run_until_idle();

  EXPECT_EQ(counted.fired, 1);
  EXPECT_GE(counted.at, due);
}

TEST_F(TimerWheelTest, AnEarlierDeadlineReplacesTheLaterOne) {
  Counted counted(loop_.timers());
  const TimePoint late = Clock::now() + 1h;
  counted.timer.arm(late);
  counted.timer.arm(Clock::now() + 20ms);

  run_until_idle();

  EXPECT_EQ(counted.fired, 1);
  EXPECT_LT(counted.at, late);
}

TEST_F(TimerWheelTest, ADeadlineInThePastFiresAtTheNextTick) {
  Counted counted(loop_.timers());
  counted.timer.arm(Clock::now() - 1h);

  run_until_idle();

  EXPECT_EQ(counted.fired, 1);
}

TEST_F(TimerWheelTest, ACallbackMayArmItsOwnTimerAgain) {
  struct Again {
    explicit Again(TimerWheel& wheel)
        : timer(wheel, [](void* self) { static_cast<Again*>(self)->fire(); }, this) {}
    void fire() {
      if (++fired < 3) timer.arm(Clock::now() + 1ms);
    }
    int fired = 0;
    TimerWheel::Timer timer;
  } again(loop_.timers());
  again.timer.arm(Clock::now() + 1ms);

  run_until_idle();

  EXPECT_EQ(again.fired, 3);
}

TEST_F(TimerWheelTest, ACallbackMayDestroyAnotherTimerThatIsDue) {
  struct Destroyer {
    explicit Destroyer(TimerWheel& wheel)
        : timer(wheel, [](void* self) { static_cast<Destroyer*>(self)->victim.reset(); }, this) {}
    std::unique_ptr<Counted> victim;
    TimerWheel::Timer timer;
  } first(loop_.timers()), second(loop_.timers());
  // Each destroys the other's victim's place in the same turn, whichever comes first.
  const TimePoint due = Clock::now() + 10ms;
  first.victim = std::make_unique<Counted>(loop_.timers());
  second.victim = std::make_unique<Counted>(loop_.timers());
  first.victim->timer.arm(due);
  first.timer.arm(due);
  second.timer.arm(due);
  second.victim->timer.arm(due);

  run_until_idle();

  EXPECT_EQ(first.victim, nullptr);
  EXPECT_EQ(second.victim, nullptr);
}

TEST_F(TimerWheelTest, ManyTimersAllFire) {
  std::vector<std::unique_ptr<Counted>> timers;
  for (int index = 0; index < 1000; ++index) {
    timers.push_back(std::make_unique<Counted>(loop_.timers()));
    timers.back()->timer.arm(Clock::now() + std::chrono::milliseconds(index % 100));
  }

  run_until_idle();

  for (const auto& timer : timers) EXPECT_EQ(timer->fired, 1);
}

}  // namespace
}  // namespace yatagarasu::io
