#include "app/service_manager.h"

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <systemd/sd-daemon.h>

namespace yatagarasu::app {
namespace {

void notify(const std::string& state) {
  ::sd_notify(0, state.c_str());
}

}  // namespace

ServiceManager::ServiceManager() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return;
  watchdog_interval_ = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::microseconds(microseconds / 2));
}

void ServiceManager::ready() const {
  notify("READY=1");
}

void ServiceManager::reloading() const {
  // systemd tells by the time which READY=1 belongs to it.
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                     std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
}

void ServiceManager::stopping() const {
  notify("STOPPING=1");
}

void ServiceManager::alive() const {
  if (watchdog_interval_) notify("WATCHDOG=1");
}

}  // namespace yatagarasu::app
