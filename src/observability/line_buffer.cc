#include "observability/line_buffer.h"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace yatagarasu::observability {

LineBuffer::Outcome LineBuffer::append(std::string_view line) {
  const std::lock_guard lock(mutex_);
  const std::size_t before = lines_.size();
  if (line.size() > kCapacity - before) {
    ++dropped_;
    return Outcome::kDropped;
  }
  lines_ += line;
  const bool crosses_half = before < kCapacity / 2 && lines_.size() >= kCapacity / 2;
  return crosses_half ? Outcome::kHalfFull : Outcome::kStored;
}

void LineBuffer::take(std::string& taken) {
  assert(taken.empty());
  const std::lock_guard lock(mutex_);
  lines_.swap(taken);
}

std::uint64_t LineBuffer::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace yatagarasu::observability
