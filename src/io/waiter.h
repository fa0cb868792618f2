#pragma once

#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

#include <boost/asio/basic_waitable_timer.hpp>

namespace yatagarasu::io {

// One task's wait for something that another task brings about.
//
// Threading: the loop's thread. A task that is cancelled while it waits gets kFailed, and ends
// by exception at its next co_await.
class Waiter {
 public:
  explicit Waiter(Loop& loop) : timer_(loop.executor()) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // kReady once wake() has been called, also when that was before. At most one wait at a time.
  Task<WaitStatus> wait(TimePoint deadline);
  void wake();

 private:
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer_;
  bool is_woken_ = false;
};

}  // namespace yatagarasu::io
