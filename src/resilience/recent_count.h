#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace yatagarasu::resilience {

using TimePoint = std::chrono::steady_clock::time_point;

// How many events the last ten seconds have seen. Of fixed size, so events are forgotten half a
// second's worth at a time: one is counted for at least 9.5 s and for less than 10.
//
// Pure. A `now` before an earlier one, as of another thread, counts as that one.
class RecentCount {
 public:
  static constexpr std::chrono::seconds kWindow{10};

  void add(TimePoint now);
  std::uint64_t value(TimePoint now);

 private:
  static constexpr std::chrono::milliseconds kSlot{500};
  static constexpr std::size_t kSlots = kWindow / kSlot;

  void forget_before(TimePoint now);
  std::uint32_t& slot(std::int64_t number);

  std::array<std::uint32_t, kSlots> slots_{};  // By their number modulo kSlots.
  std::int64_t newest_ = 0;                    // Slots since the clock's epoch.
  std::uint64_t sum_ = 0;
};

}  // namespace yatagarasu::resilience
