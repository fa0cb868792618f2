#include "io/task_group.h"

#include "io/task.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

namespace yatagarasu::io {
bool is_cancellation(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& failure) {
    return failure.code() == asio::error::operation_aborted;
  } catch (...) {  // Whatever else it is, the owner's OnError looks at it.
    return false;
  }
}

TaskGroup::TaskGroup(Executor executor, OnError on_error)
    : executor_(executor), idle_(executor, TimePoint::max()), on_error_(std::move(on_error)) {}

TaskGroup::~TaskGroup() {
  assert(running_.empty() && "co_await join() before destroying the owner");
}

TaskGroup::TaskId TaskGroup::spawn(Task<void> task) {
  const TaskId id = next_++;
  const auto running = running_.emplace(running_.end());
  running->id = id;
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(running->signal.slot(),
                                              [this, running](const std::exception_ptr& error) {
                                                running_.erase(running);
                                                if (error && !is_cancellation(error))
                                                  on_error_(error);
                                                if (running_.empty()) idle_.cancel();
                                              }));
  return id;
}

void TaskGroup::request_stop() {
  // A task may end, and erase its signal, inside emit(): step first.
  for (auto it = running_.begin(); it != running_.end();)
    (it++)->signal.emit(asio::cancellation_type::terminal);
}

void TaskGroup::cancel(TaskId task) {
  const auto found = std::ranges::find(running_, task, &Running::id);
  if (found != running_.end()) found->signal.emit(asio::cancellation_type::terminal);
}

Task<void> TaskGroup::join() {
  while (!running_.empty()) {
    const auto ignored = co_await idle_.async_wait(asio::as_tuple(asio::deferred));
    static_cast<void>(ignored);
  }
}

}  // namespace yatagarasu::io
