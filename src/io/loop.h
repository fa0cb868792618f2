#pragma once

#include "io/buffer_pool.h"
#include "io/pipe_pool.h"
#include "io/poller.h"
#include "io/task.h"
#include "io/timer_wheel.h"
#include "io/turn_queue.h"

#include <boost/asio/io_context.hpp>

namespace yatagarasu::io {

// One event loop and what its connections share. Everything here belongs to the thread that
// calls run(); post() alone may be called from others.
class Loop {
 public:
  explicit Loop(unsigned index);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Executor executor() { return context_.get_executor(); }
  asio::io_context& context() { return context_; }
  TimerWheel& timers() { return timers_; }
  Poller& poller() { return poller_; }
  BufferPool& buffers() { return buffers_; }
  PipePool& pipes() { return pipes_; }
  TurnQueue& turns() { return turns_; }
  unsigned index() const { return index_; }

  // Runs until stop(), even while there is nothing to do.
  void run();
  // From any thread.
  void stop() { context_.stop(); }

 private:
  unsigned index_;
  asio::io_context context_;
  BufferPool buffers_;
  PipePool pipes_;
  TimerWheel timers_;
  Poller poller_;
  TurnQueue turns_;
};

}  // namespace yatagarasu::io
