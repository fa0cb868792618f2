#include "observability/wakeup.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/poll.h>
#include <system_error>

namespace yatagarasu::observability {

Wakeup::Wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Wakeup::notify() {
  if (is_notified_.load(std::memory_order_relaxed)) return;
  if (!is_notified_.exchange(true)) interrupt();
}

void Wakeup::interrupt() {
  // It cannot fail but by overflow, and then the wait is ended already.
  static_cast<void>(::eventfd_write(event_.get(), 1));
}

void Wakeup::wait(std::chrono::milliseconds limit) {
  pollfd waiting{.fd = event_.get(), .events = POLLIN, .revents = 0};
  static_cast<void>(::poll(&waiting, 1, limit.count() < 0 ? -1 : static_cast<int>(limit.count())));
  eventfd_t count = 0;
  static_cast<void>(::eventfd_read(event_.get(), &count));
}

void Wakeup::rearm() {
  is_notified_.store(false);
}

}  // namespace yatagarasu::observability
