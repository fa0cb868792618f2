#include "io/waiter.h"

#include "io/stream.h"
#include "io/task.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

namespace yatagarasu::io {

Task<WaitStatus> Waiter::wait(TimePoint deadline) {
  if (is_woken_) co_return WaitStatus::kReady;
  timer_.expires_at(deadline);
  const auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::deferred));
  if (is_woken_) co_return WaitStatus::kReady;
  co_return error ? WaitStatus::kFailed : WaitStatus::kTimedOut;
}

void Waiter::wake() {
  is_woken_ = true;
  timer_.cancel();
}

}  // namespace yatagarasu::io
