#include "io/sleep.h"

#include "io/loop.h"
#include "io/task.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/deferred.hpp>

namespace yatagarasu::io {

Task<void> sleep_until(Loop& loop, TimePoint until) {
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer(loop.executor(),
                                                                              until);
  co_await timer.async_wait(asio::deferred);
}

}  // namespace yatagarasu::io
