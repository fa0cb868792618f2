#pragma once

#include "io/task.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace yatagarasu::cache {

// Keys whose answers could lately not be stored ("hit for miss"): for a while their requests do
// not wait for one another. Of fixed size: of two keys with one place the later is remembered.
//
// Pure. One caller at a time.
class RefusalMemory {
 public:
  void remember(std::uint64_t hash, io::TimePoint until);
  bool holds(std::uint64_t hash, io::TimePoint now) const;

 private:
  static constexpr std::size_t kPlaces = 256;

  struct Place {
    std::uint64_t hash = 0;
    io::TimePoint until{};
  };
  std::array<Place, kPlaces> places_{};
};

}  // namespace yatagarasu::cache
