#pragma once

#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/waiter.h"

#include <atomic>
#include <cstdint>
#include <memory>

namespace yatagarasu::io {

// One task's wait, on its own loop, for things that happen on any. Unlike a Waiter it can be
// waited for again and again; a notification while nobody waits is kept for the next wait.
//
// Threading: wait() on the loop's thread, notify() on any. Lifetime: held by a shared pointer,
// since a notification may be under way to it; the loop outlives it.
class LoopEvent : public std::enable_shared_from_this<LoopEvent> {
 public:
  explicit LoopEvent(Loop& loop) : loop_(loop) {}
  LoopEvent(const LoopEvent&) = delete;
  LoopEvent& operator=(const LoopEvent&) = delete;

  // kReady once notified since the last wait. At most one wait at a time.
  Task<WaitStatus> wait(TimePoint deadline);
  // Costs a post to the loop when the task waits, else one store.
  void notify();

 private:
  enum class State : std::uint8_t { kIdle, kWaiting, kNotified };
  class Waiting;

  Loop& loop_;
  std::atomic<State> state_{State::kIdle};
  Waiter* waiter_ = nullptr;  // Of the wait under way; the loop's thread only.
};

}  // namespace yatagarasu::io
