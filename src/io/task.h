#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>

namespace yatagarasu::io {

namespace asio = boost::asio;

// One io_context per thread, and every coroutine stays on the one it began on; naming its
// executor's type spares each operation a type-erased copy.
using Executor = asio::io_context::executor_type;

// A lazy coroutine, awaited exactly once.
//
// Cancellation: a task spawned by a TaskGroup ends by an exception (operation_aborted) at one of
// its co_awaits when the group is told to stop. Clean up in destructors.
template <class T>
using Task = asio::awaitable<T, Executor>;

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

inline constexpr TimePoint kNever = TimePoint::max();

// `timeout` from now; zero means never.
inline TimePoint deadline_after(Duration timeout) {
  return timeout == Duration::zero() ? kNever : Clock::now() + timeout;
}

}  // namespace yatagarasu::io
