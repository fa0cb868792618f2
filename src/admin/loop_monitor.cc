#include "admin/loop_monitor.h"

#include "io/loop.h"
#include "io/sleep.h"
#include "io/task.h"

#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace yatagarasu::admin {
namespace {

constexpr std::chrono::milliseconds kInterval{250};

}  // namespace

LoopMonitor::LoopMonitor(io::Loop& control, const std::vector<std::unique_ptr<io::Loop>>& loops,
                         CountTasks count_tasks, std::function<void()> on_look)
    : control_(control),
      count_tasks_(std::move(count_tasks)),
      on_look_(std::move(on_look)),
      tasks_(control.executor(), [](const std::exception_ptr&) {}) {
  const auto watch = [this](io::Loop& loop) {
    watched_.push_back(std::make_unique<Watched>());
    watched_.back()->loop = &loop;
  };
  for (const auto& loop : loops) watch(*loop);
  watch(control);
}

io::Task<void> LoopMonitor::look_until_stopped() {
  for (;;) {
    for (const auto& watched : watched_) look_at(*watched);
    on_look_();
    const io::TimePoint until = io::Clock::now() + kInterval;
    co_await io::sleep_until(control_, until);
  }
}

void LoopMonitor::look_at(Watched& watched) {
  // A loop that hangs is not asked again and again.
  if (watched.is_asked.exchange(true)) return;
  io::asio::post(watched.loop->executor(), [this, &watched, asked = io::Clock::now()] {
    watched.lag.record(
        std::chrono::duration_cast<std::chrono::microseconds>(io::Clock::now() - asked));
    watched.tasks.set(count_tasks_(*watched.loop));
    watched.turns.fetch_add(1, std::memory_order_relaxed);
    watched.is_asked.store(false);
  });
}

bool LoopMonitor::all_have_run() {
  bool have_run = true;
  for (const auto& watched : watched_) {
    const std::uint64_t turns = watched->turns.load(std::memory_order_relaxed);
    if (turns == std::exchange(watched->turns_seen, turns)) have_run = false;
  }
  return have_run;
}

}  // namespace yatagarasu::admin
