#pragma once

#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"

#include <utility>

namespace yatagarasu::cache {

// The fills of one loop, each a task of its own: none ends because the client that began it has
// left.
//
// Threading: the loop's thread. stop() before destruction, and after the last Lead::begin(); fills
// that are still running fail by it, and their readers with them.
class FillRunner {
 public:
  FillRunner(io::Loop& loop, io::TaskGroup::OnError on_error)
      : loop_(loop), tasks_(loop.executor(), std::move(on_error)) {}

  io::Loop& loop() { return loop_; }
  io::TaskGroup& tasks() { return tasks_; }
  io::Task<void> stop();

 private:
  io::Loop& loop_;
  io::TaskGroup tasks_;
};

}  // namespace yatagarasu::cache
