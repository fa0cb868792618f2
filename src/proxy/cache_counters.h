#pragma once

#include "cache/cache_status.h"
#include "core/cell.h"

#include <array>
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
    if (status.is_collapsed) {
      cells.collapsed.add();
    } else {
      cells.by_outcome[static_cast<std::size_t>(status.outcome)].add();
    }
  }

  struct Sums {
    std::array<std::uint64_t, cache::kOutcomes> by_outcome{};  // By cache::Outcome.
    std::uint64_t collapsed = 0;  // Besides: those that shared another's request.
  };
  Sums sums() const {
    Sums sums;
    for (const OfLoop& cells : loops_) {
      for (std::size_t i = 0; i < cache::kOutcomes; ++i) {
        sums.by_outcome[i] += cells.by_outcome[i].value();
      }
      sums.collapsed += cells.collapsed.value();
    }
    return sums;
  }

 private:
  struct alignas(64) OfLoop {
    std::array<core::Cell, cache::kOutcomes> by_outcome;
    core::Cell collapsed;
  };
  std::vector<OfLoop> loops_;
};

}  // namespace yatagarasu::proxy
