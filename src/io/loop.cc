#include "io/loop.h"

#include <boost/asio/executor_work_guard.hpp>

namespace yatagarasu::io {

// One thread runs the loop, but others post to it: the scheduler keeps its lock, sockets need none.
Loop::Loop(unsigned index)
    : index_(index),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      timers_(context_),
      poller_(context_),
      turns_(*this) {}

void Loop::run() {
  const auto work = asio::make_work_guard(context_);
  context_.run();
}

}  // namespace yatagarasu::io
