#pragma once

#include "core/cell.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace yatagarasu::observability {

// Counts by a small number, for as many different ones as there are places: one thread counts, any
// reads. What comes when all places are taken is counted together.
template <std::size_t Places>
class KeyedCells {
 public:
  // `key`: anything but kFree.
  void add(std::uint32_t key, std::uint64_t more = 1) {
    for (Place& place : places_) {
      std::uint32_t there = place.key.load(std::memory_order_relaxed);
      if (there == kFree) {
        place.key.store(key, std::memory_order_relaxed);
        there = key;
      }
      if (there == key) return place.count.add(more);
    }
    others_.add(more);
  }

  // `visit(key, count)`, for each key in use.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Place& place : places_) {
      const std::uint32_t key = place.key.load(std::memory_order_relaxed);
      if (key == kFree) break;
      visit(key, place.count.value());
    }
  }
  std::uint64_t others() const { return others_.value(); }

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;

  struct Place {
    std::atomic<std::uint32_t> key{kFree};
    core::Cell count;
  };

  std::array<Place, Places> places_;
  core::Cell others_;
};

}  // namespace yatagarasu::observability
