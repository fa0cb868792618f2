#pragma once

#include "cache/memory/mapped_array.h"

#include <cstddef>
#include <cstdint>

namespace yatagarasu::cache {

// About how often something was asked for lately, for keys of which nothing else is kept: a
// count-min sketch of 4-bit counters, four for a key in one word's reach each.
//
// Pure. One caller at a time.
class FrequencySketch {
 public:
  static constexpr unsigned kMax = 15;

  // `words`: a power of two. Forgets everything.
  void resize(std::size_t words);

  void increment(std::uint64_t hash);
  // Makes the estimate at least so much.
  void raise(std::uint64_t hash, unsigned frequency);
  unsigned estimate(std::uint64_t hash) const;
  // What is long ago counts for half.
  void halve();

  std::size_t bytes() const { return words_.bytes(); }

 private:
  MappedArray<std::uint64_t> words_;
};

}  // namespace yatagarasu::cache
