#pragma once

#include "core/cell.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "observability/histogram.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace yatagarasu::admin {

// Looks at every loop a few times a second: how long a loop takes to get to what is posted to it,
// and how much it has to do.
//
// Call start() once, then request_stop(), both on `control`, and wait for finished() and for what
// is posted to the other loops. Threading: the rest on any thread.
class LoopMonitor {
 public:
  static constexpr observability::Bounds<10> kLagBounds = {
      50, 100, 250, 500, 1'000, 5'000, 10'000, 50'000, 250'000, 1'000'000};
  using Lag = observability::Histogram<kLagBounds>;

  // How many tasks a loop has; called on it.
  using CountTasks = std::function<std::uint64_t(io::Loop& loop)>;

  // `control` is where it runs; it is watched as well, as the last. `on_look` is called there each
  // time.
  LoopMonitor(io::Loop& control, const std::vector<std::unique_ptr<io::Loop>>& loops,
              CountTasks count_tasks, std::function<void()> on_look);

  void start() { tasks_.spawn(look_until_stopped()); }
  void request_stop() { tasks_.request_stop(); }
  bool finished() const { return tasks_.empty(); }

  // Whether every loop has got to its turn since this was asked for the last time. One thread.
  bool all_have_run();

  // By the loop's index.
  const Lag& lag(std::size_t loop) const { return watched_[loop]->lag; }
  std::uint64_t tasks(std::size_t loop) const { return watched_[loop]->tasks.value(); }
  std::size_t loops() const { return watched_.size(); }

 private:
  struct Watched {
    io::Loop* loop = nullptr;
    Lag lag;  // Written on the loop, as is the next.
    core::Cell tasks;
    std::atomic<std::uint64_t> turns{0};
    std::atomic<bool> is_asked{false};  // A look is under way.
    std::uint64_t turns_seen = 0;       // By all_have_run().
  };

  io::Task<void> look_until_stopped();
  void look_at(Watched& watched);

  io::Loop& control_;
  CountTasks count_tasks_;
  std::function<void()> on_look_;
  std::vector<std::unique_ptr<Watched>> watched_;
  io::TaskGroup tasks_;  // On the control loop. Last: its task uses every member above.
};

}  // namespace yatagarasu::admin
