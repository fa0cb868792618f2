#include "io/timer_wheel.h"

#include "io/task.h"

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace yatagarasu::io {

TimerWheel::TimerWheel(asio::io_context& context)
    : origin_(Clock::now()), timer_(context.get_executor()) {}

void TimerWheel::Timer::arm(TimePoint deadline) {
  deadline_ = deadline;
  if (deadline == kNever) return;
  if (link_ != nullptr) {
    if (wheel_.tick_at(deadline) >= slot_tick_ - 1) return;  // Looked at in time where it is.
    unlink();
  }
  wheel_.insert(*this);
}

void TimerWheel::Timer::unlink() {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
  link_ = nullptr;
  next_ = nullptr;
  --wheel_.count_;
}

void TimerWheel::insert(Timer& timer) {
  // While nothing is armed no slot is visited; the wheel starts again from now.
  if (count_ == 0) visited_ = tick_at(Clock::now());
  const std::int64_t due = tick_at(timer.deadline_) + 1;  // The first tick at which it has passed.
  const std::int64_t last = visited_ + static_cast<std::int64_t>(kSlots);
  timer.slot_tick_ = std::clamp(due, visited_ + 1, last);
  Timer*& head = slots_[static_cast<std::size_t>(timer.slot_tick_) % kSlots];
  timer.next_ = head;
  if (head != nullptr) head->link_ = &timer.next_;
  head = &timer;
  timer.link_ = &head;
  ++count_;
  schedule(timer.slot_tick_);
}

void TimerWheel::schedule(std::int64_t tick) {
  if (is_scheduled_ && scheduled_ <= tick) return;
  is_scheduled_ = true;
  scheduled_ = tick;
  timer_.expires_at(origin_ + tick * kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_tick();
  });
}

void TimerWheel::on_tick() {
  is_scheduled_ = false;
  const TimePoint now = Clock::now();
  const std::int64_t current = tick_at(now);
  // After a long pause one turn visits every slot.
  const std::int64_t last = std::min(current, visited_ + static_cast<std::int64_t>(kSlots));
  Timer* due = nullptr;
  for (std::int64_t tick = visited_ + 1; tick <= last; ++tick) {
    Timer*& slot = slots_[static_cast<std::size_t>(tick) % kSlots];
    while (slot != nullptr) {
      Timer& timer = *slot;
      timer.unlink();
      timer.next_ = due;
      if (due != nullptr) due->link_ = &timer.next_;
      due = &timer;
      timer.link_ = &due;
      ++count_;
    }
  }
  visited_ = current;
  // A callback may disarm, re-arm or destroy any timer, those in `due` included.
  while (due != nullptr) {
    Timer& timer = *due;
    timer.unlink();
    if (timer.deadline_ == kNever) continue;
    if (timer.deadline_ > now) {
      insert(timer);
      continue;
    }
    timer.deadline_ = kNever;
    timer.callback_(timer.context_);
  }
  if (count_ == 0) return;
  for (std::int64_t tick = visited_ + 1; tick <= visited_ + static_cast<std::int64_t>(kSlots);
       ++tick) {
    if (slots_[static_cast<std::size_t>(tick) % kSlots] != nullptr) {
      schedule(tick);
      return;
    }
  }
}

}  // namespace yatagarasu::io
