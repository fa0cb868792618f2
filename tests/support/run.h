#pragma once

#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace yatagarasu::support {

// Runs `loop` on this thread until `task` has ended; its exception passes through.
template <class T>
T run(io::Loop& loop, io::Task<T> task) {
  std::optional<T> result;
  std::exception_ptr failed;
  bool is_done = false;
  io::asio::co_spawn(loop.executor(), std::move(task),
                     [&](const std::exception_ptr& error, T value) {
                       failed = error;
                       if (!error) result.emplace(std::move(value));
                       is_done = true;
                     });
  loop.context().restart();
  while (!is_done && loop.context().run_one() > 0) {
  }
  if (failed) std::rethrow_exception(failed);
  if (!result)
    throw std::logic_error("the loop has nothing left to do, but the task has not ended");
  return std::move(*result);
}

inline void run(io::Loop& loop, io::Task<void> task) {
  const auto counted = [](io::Task<void> inner) -> io::Task<int> {
    co_await std::move(inner);
    co_return 0;
  };
  static_cast<void>(run(loop, counted(std::move(task))));
}

// Runs what is ready, and what that makes ready, without waiting.
inline void run_ready(io::Loop& loop) {
  loop.context().restart();
  loop.context().poll();
}

// Runs `loop` on this thread until the condition holds.
template <class Condition>
void run_until(io::Loop& loop, Condition is_met) {
  loop.context().restart();
  while (!is_met() && loop.context().run_one() > 0) {
  }
}

// Cancels the group's tasks from within the loop, as a TaskGroup wants it, and waits for them.
inline void stop(io::Loop& loop, io::TaskGroup& tasks) {
  const auto stopping = [](io::TaskGroup& group) -> io::Task<void> {
    group.request_stop();
    co_await group.join();
  };
  run(loop, stopping(tasks));
}

}  // namespace yatagarasu::support
