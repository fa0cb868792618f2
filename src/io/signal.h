#pragma once

#include "io/loop.h"
#include "io/task.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>

#include <functional>
#include <utility>

namespace yatagarasu::io {

// One task's wait, again and again, for what others on its loop bring about, without a deadline: a
// notification while nobody waits is kept for the next wait. Costs no timer, unlike a Waiter.
//
// Threading: the loop's thread. A cancelled wait ends; the task then ends by exception.
class Signal {
 public:
  explicit Signal(Loop& loop) : loop_(loop) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // To be awaited, by one at a time.
  auto wait() {
    return asio::async_initiate<const asio::deferred_t, void()>(
        [this](auto resume) {
          const asio::cancellation_slot slot = asio::get_associated_cancellation_slot(resume);
          begin(std::move(resume), slot);
        },
        asio::deferred);
  }
  void notify();

 private:
  void begin(std::move_only_function<void()> resume, asio::cancellation_slot slot);
  void resume_later();

  Loop& loop_;
  bool is_notified_ = false;
  std::move_only_function<void()> resume_;  // Set while somebody waits.
};

}  // namespace yatagarasu::io
