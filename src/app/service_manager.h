#pragma once

#include <chrono>
#include <optional>

namespace yatagarasu::app {

// Tells systemd what the process is doing (sd_notify(3)); does nothing where none has started it.
//
// Threading: one thread.
class ServiceManager {
 public:
  ServiceManager();

  void ready() const;
  void reloading() const;
  void stopping() const;

  // How often alive() has to be called, half of what systemd waits for; empty: never.
  std::optional<std::chrono::milliseconds> watchdog_interval() const { return watchdog_interval_; }
  void alive() const;

 private:
  std::optional<std::chrono::milliseconds> watchdog_interval_;
};

}  // namespace yatagarasu::app
