#include "cache/memory/frequency_sketch.h"

#include "cache/memory/mapped_array.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace yatagarasu::cache {
namespace {

constexpr unsigned kRows = 4;
constexpr std::uint64_t kHalfOfEach = 0x7777777777777777;
// Odd, without a pattern: the fractions of the square roots of 5 and 7.
constexpr std::uint64_t kMix = 0x3c6ef372fe94f82b;
constexpr std::uint64_t kStep = 0xa54ff53a5f1d36f1;

// Where one of a key's counters is: the word, and its shift there.
struct Place {
  std::size_t word;
  unsigned shift;
};

// Row r has the r-th quarter of each word.
Place place(std::uint64_t hash, unsigned row, std::size_t words) {
  std::uint64_t mixed = (hash + row * kStep) * kMix;
  mixed ^= mixed >> 32U;
  return {.word = static_cast<std::size_t>(mixed >> 8U) & (words - 1),
          .shift = (row * 4 + static_cast<unsigned>(mixed & 3U)) * 4};
}

unsigned counter(std::uint64_t word, unsigned shift) {
  return static_cast<unsigned>(word >> shift) & FrequencySketch::kMax;
}

}  // namespace

void FrequencySketch::resize(std::size_t words) {
  words_ = MappedArray<std::uint64_t>(words);
}

unsigned FrequencySketch::estimate(std::uint64_t hash) const {
  if (words_.empty()) return 0;
  unsigned least = kMax;
  for (unsigned row = 0; row < kRows; ++row) {
    const Place at = place(hash, row, words_.size());
    least = std::min(least, counter(words_[at.word], at.shift));
  }
  return least;
}

void FrequencySketch::increment(std::uint64_t hash) {
  raise(hash, std::min(estimate(hash) + 1, kMax));
}

// Only what is below is raised: counters that other keys share do not grow for nothing.
void FrequencySketch::raise(std::uint64_t hash, unsigned frequency) {
  if (words_.empty()) return;
  for (unsigned row = 0; row < kRows; ++row) {
    const Place at = place(hash, row, words_.size());
    std::uint64_t& word = words_[at.word];
    const unsigned now = counter(word, at.shift);
    if (now < frequency) word += std::uint64_t{frequency - now} << at.shift;
  }
}

void FrequencySketch::halve() {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    words_[i] = (words_[i] >> 1U) & kHalfOfEach;
  }
}

}  // namespace yatagarasu::cache
