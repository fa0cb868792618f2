#pragma once

#include "core/cell.h"

#include <atomic>
#include <chrono>

namespace yatagarasu::admin {

// What is true of the process whatever its configuration. Threading: any thread reads; the cells
// are written by the one that loads configurations.
struct ProcessState {
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  // From now on the process is not ready, whatever its buckets are.
  std::atomic<bool> is_shutting_down{false};

  core::Cell reloads_done;
  core::Cell reloads_failed;
  core::Cell loaded_at;  // The configuration in force: seconds since the epoch.
};

}  // namespace yatagarasu::admin
