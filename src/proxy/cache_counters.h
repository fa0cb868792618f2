#pragma once

#include "cache/cache_status.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace yatagarasu::proxy {

// In which way the requests of one bucket met the cache. Every request that is let in to the
// bucket's objects is counted once.
//
// Threading: any thread; each loop counts in lines of its own.
class CacheCounters {
 public:
  explicit CacheCounters(std::size_t loops) : loops_(loops) {}

  void count(std::size_t loop, const cache::CacheStatus& status) {
    OfLoop& cells = loops_[loop];
    cells.by_outcome[static_cast<std::size_t>(status.outcome)].fetch_add(1, kRelaxed);
    if (status.is_collapsed) cells.collapsed.fetch_add(1, kRelaxed);
  }

  struct Sums {
    std::array<std::uint64_t, cache::kOutcomes> by_outcome{};  // By cache::Outcome.
    std::uint64_t collapsed = 0;  // Of those, the ones that shared another's request.
  };
  Sums sums() const {
    Sums sums;
    for (const OfLoop& cells : loops_) {
      for (std::size_t i = 0; i < cache::kOutcomes; ++i) {
        sums.by_outcome[i] += cells.by_outcome[i].load(kRelaxed);
      }
      sums.collapsed += cells.collapsed.load(kRelaxed);
    }
    return sums;
  }

 private:
  static constexpr std::memory_order kRelaxed = std::memory_order_relaxed;

  struct alignas(64) OfLoop {
    std::array<std::atomic<std::uint64_t>, cache::kOutcomes> by_outcome{};
    std::atomic<std::uint64_t> collapsed{0};
  };
  std::vector<OfLoop> loops_;
};

}  // namespace yatagarasu::proxy
