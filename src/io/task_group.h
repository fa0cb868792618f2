#pragma once

#include "io/task.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/wait_traits.hpp>

#include <exception>
#include <functional>
#include <list>

namespace yatagarasu::io {

// Whether a task ended because it was told to.
bool is_cancellation(const std::exception_ptr& error);

// Background tasks with one owner, whose last data member it is. request_stop() cancels them
// (each ends at its current co_await), join() waits for the last.
//
// Threading: all calls on the loop's thread.
class TaskGroup {
 public:
  // Called for a task that ended by an exception other than its cancellation.
  using OnError = std::function<void(std::exception_ptr)>;

  TaskGroup(Executor executor, OnError on_error);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  // Asserts that every task has ended.
  ~TaskGroup();

  void spawn(Task<void> task);
  void request_stop();
  Task<void> join();
  bool empty() const { return signals_.empty(); }

 private:
  Executor executor_;
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> idle_;
  OnError on_error_;
  std::list<asio::cancellation_signal> signals_;
};

}  // namespace yatagarasu::io
