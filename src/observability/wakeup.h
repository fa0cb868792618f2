#pragma once

#include "core/file_descriptor.h"

#include <atomic>
#include <chrono>

namespace yatagarasu::observability {

// How producers tell the one writer that there is something to do, at the price of a system call
// per batch, not per line.
//
// Threading: notify() and interrupt() from any thread, the rest from the writer's.
class Wakeup {
 public:
  // Throws std::system_error when the process has no descriptor left.
  Wakeup();

  // There is something to write. Only the first call since rearm() costs anything.
  void notify();
  // Ends a wait at once.
  void interrupt();

  // Waits for either; without a limit when `limit` is negative.
  void wait(std::chrono::milliseconds limit);
  // To be called before looking for what to write, so that what comes later notifies again.
  void rearm();

 private:
  core::FileDescriptor event_;
  std::atomic<bool> is_notified_ = false;
};

}  // namespace yatagarasu::observability
