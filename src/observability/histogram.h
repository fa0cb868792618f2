#pragma once

#include "core/cell.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace yatagarasu::observability {

// The upper bounds of a histogram's buckets, ascending; what is above the last has a bucket of its
// own. In microseconds.
template <std::size_t N>
using Bounds = std::array<std::uint64_t, N>;

// From what a cache in memory takes to what a large download takes.
inline constexpr Bounds<16> kRequestBounds = {
    100,     250,     500,       1'000,     2'500,     5'000,      10'000,     25'000,
    100'000, 250'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000};

// How many durations fell into which bucket, of one histogram or of several added up.
template <std::size_t N>
struct HistogramCounts {
  std::array<std::uint64_t, N + 1> counts{};
  std::uint64_t microseconds = 0;  // All durations together.
};

// Durations that one thread records and any reads.
template <const auto& UpperBounds>
class Histogram {
 public:
  static constexpr std::size_t kCount = UpperBounds.size();
  using Counts = HistogramCounts<kCount>;

  void record(std::chrono::microseconds duration) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count()));
    const auto bound = std::ranges::lower_bound(UpperBounds, value);
    counts_[static_cast<std::size_t>(bound - UpperBounds.begin())].add();
    microseconds_.add(value);
  }

  void add_to(Counts& sum) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) sum.counts[i] += counts_[i].value();
    sum.microseconds += microseconds_.value();
  }

 private:
  std::array<core::Cell, kCount + 1> counts_;
  core::Cell microseconds_;
};

}  // namespace yatagarasu::observability
