#pragma once

#include "io/task.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/wait_traits.hpp>

#include <cstddef>
#include <cstdint>
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

  // Names a task of this group, for cancel(). Never used twice.
  using TaskId = std::uint64_t;

  TaskId spawn(Task<void> task);
  void request_stop();
  // As request_stop(), for one task; it may have ended already.
  void cancel(TaskId task);
  Task<void> join();
  bool empty() const { return running_.empty(); }
  std::size_t size() const { return running_.size(); }

 private:
  struct Running {
    TaskId id = 0;
    asio::cancellation_signal signal{};
  };

  Executor executor_;
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> idle_;
  OnError on_error_;
  std::list<Running> running_;
  TaskId next_ = 0;
};

}  // namespace yatagarasu::io
