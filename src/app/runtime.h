#pragma once

#include "io/loop.h"
#include "io/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace yatagarasu::app {

// CPUs that this process may use: its affinity, and its cgroup's quota rounded up. At least 1.
unsigned available_cpus();

// The event loops, a thread each: those for traffic, and a control loop for what is not traffic
// (probes), so that it never waits behind requests.
//
// Lifetime: everything that lives on a loop must be gone before the runtime is stopped.
class Runtime {
 public:
  explicit Runtime(unsigned threads);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime();

  // The traffic loops; their index is their place here.
  const std::vector<std::unique_ptr<io::Loop>>& loops() const { return loops_; }
  io::Loop& control() { return control_; }

  void start();
  // Stops and joins the threads; what was spawned on the loops stays where it was. Idempotent.
  void stop();

  // Runs `work` on the loop's thread and waits for it. From another thread only, and only between
  // start() and stop().
  static void run_on(io::Loop& loop, const std::function<void()>& work);
  // The same on one loop after the other, in the order of their indices; the control loop's is the
  // last.
  void on_every_loop(const std::function<void(io::Loop&)>& work);

  // Runs a task on the loop and waits for what it returns; an exception of it passes on.
  template <class T>
  static T run_task(io::Loop& loop, io::Task<T> task) {
    return io::asio::co_spawn(loop.executor(), std::move(task), io::asio::use_future).get();
  }

  // Ends something that lives on a loop: asks for it once, and waits until it has happened, which
  // takes a turn of the loop or a few.
  static void end_on(io::Loop& loop, const std::function<void()>& ask,
                     const std::function<bool()>& is_finished);

 private:
  std::vector<std::unique_ptr<io::Loop>> loops_;
  io::Loop control_;
  std::vector<std::thread> threads_;
};

}  // namespace yatagarasu::app
