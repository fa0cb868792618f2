#include "resilience/recent_count.h"

#include <cstddef>
#include <cstdint>

namespace yatagarasu::resilience {

void RecentCount::add(TimePoint now) {
  forget_before(now);
  ++slot(newest_);
  ++sum_;
}

std::uint64_t RecentCount::value(TimePoint now) {
  forget_before(now);
  return sum_;
}

void RecentCount::forget_before(TimePoint now) {
  const std::int64_t current = now.time_since_epoch() / kSlot;
  if (current - newest_ >= static_cast<std::int64_t>(kSlots)) {
    slots_.fill(0);
    sum_ = 0;
    newest_ = current;
  }
  while (newest_ < current) {
    std::uint32_t& oldest = slot(++newest_);
    sum_ -= oldest;
    oldest = 0;
  }
}

std::uint32_t& RecentCount::slot(std::int64_t number) {
  return slots_[static_cast<std::size_t>(number) % kSlots];
}

}  // namespace yatagarasu::resilience
