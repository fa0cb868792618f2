#include "app/runtime.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <thread>

namespace yatagarasu::app {
namespace {

// The quota of this process's cgroup (v2) in CPUs; 0 when there is none.
double cgroup_quota() {
  std::ifstream membership("/proc/self/cgroup");
  std::string line;
  while (std::getline(membership, line)) {
    if (!line.starts_with("0::")) continue;
    std::ifstream limit("/sys/fs/cgroup" + line.substr(3) + "/cpu.max");
    if (!limit) limit.open("/sys/fs/cgroup/cpu.max");  // Inside a container's own namespace.
    std::string quota;
    double period = 0;
    if (limit >> quota >> period && quota != "max" && period > 0) return std::stod(quota) / period;
  }
  return 0;
}

}  // namespace

unsigned available_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  unsigned cpus = std::max(1U, std::thread::hardware_concurrency());
  if (::sched_getaffinity(0, sizeof set, &set) == 0) cpus = static_cast<unsigned>(CPU_COUNT(&set));
  const double quota = cgroup_quota();
  if (quota > 0) cpus = std::min(cpus, static_cast<unsigned>(std::ceil(quota)));
  return std::max(1U, cpus);
}

Runtime::Runtime(unsigned threads) : control_(threads) {
  for (unsigned index = 0; index < threads; ++index) {
    loops_.push_back(std::make_unique<io::Loop>(index));
  }
}

Runtime::~Runtime() {
  stop();
}

void Runtime::start() {
  const auto spawn = [this](io::Loop& loop, const std::string& name) {
    threads_.emplace_back([&loop] { loop.run(); });
    ::pthread_setname_np(threads_.back().native_handle(), name.c_str());
  };
  for (const auto& loop : loops_) spawn(*loop, "loop-" + std::to_string(loop->index()));
  spawn(control_, "control");
}

void Runtime::stop() {
  for (const auto& loop : loops_) loop->stop();
  control_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Runtime::run_on(io::Loop& loop, const std::function<void()>& work) {
  std::promise<void> done;
  io::asio::post(loop.executor(), [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void Runtime::on_every_loop(const std::function<void(io::Loop&)>& work) {
  for (const auto& loop : loops_) run_on(*loop, [&] { work(*loop); });
  run_on(control_, [&] { work(control_); });
}

void Runtime::end_on(io::Loop& loop, const std::function<void()>& ask,
                     const std::function<bool()>& is_finished) {
  run_on(loop, ask);
  bool has_ended = false;
  while (!has_ended) run_on(loop, [&] { has_ended = is_finished(); });
}

}  // namespace yatagarasu::app
