#pragma once

#include "io/loop.h"

#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace yatagarasu::app {

// CPUs that this process may use: its affinity, and its cgroup's quota rounded up. At least 1.
unsigned available_cpus();

// The event loops, a thread each: those for traffic, and a control loop for what is not traffic
// (probes), so that it never waits behind requests.
//
// Lifetime: everything that lives on a loop must be gone before the runtime is destroyed.
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

 private:
  std::vector<std::unique_ptr<io::Loop>> loops_;
  io::Loop control_;
  std::vector<std::thread> threads_;
};

}  // namespace yatagarasu::app
