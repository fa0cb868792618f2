#include "io/loop_event.h"

#include "io/stream.h"
#include "io/task.h"
#include "io/waiter.h"

#include <boost/asio/post.hpp>

#include <atomic>

namespace yatagarasu::io {

// Ends the wait however it ends, by cancellation too.
class LoopEvent::Waiting {
 public:
  Waiting(LoopEvent& event, Waiter& waiter) : event_(event) { event.waiter_ = &waiter; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    event_.waiter_ = nullptr;
    State waiting = State::kWaiting;
    event_.state_.compare_exchange_strong(waiting, State::kIdle);
  }

 private:
  LoopEvent& event_;
};

Task<WaitStatus> LoopEvent::wait(TimePoint deadline) {
  State before = State::kIdle;
  while (state_.compare_exchange_strong(before, State::kWaiting)) {
    Waiter waiter(loop_);
    const Waiting waiting(*this, waiter);
    const WaitStatus status = co_await waiter.wait(deadline);
    // Woken by a notification that an earlier wait has had already: goes on waiting.
    if (status != WaitStatus::kReady && state_.load() != State::kNotified) co_return status;
    before = State::kIdle;
    if (state_.load() == State::kNotified) break;
  }
  state_.store(State::kIdle);
  co_return WaitStatus::kReady;
}

void LoopEvent::notify() {
  if (state_.exchange(State::kNotified) != State::kWaiting) return;
  asio::post(loop_.executor(), [self = shared_from_this()] {
    if (self->waiter_ != nullptr) self->waiter_->wake();
  });
}

}  // namespace yatagarasu::io
