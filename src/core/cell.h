#pragma once

#include <atomic>
#include <cstdint>

namespace yatagarasu::core {

// A number that one thread changes and any thread reads: neither waits, and a change costs no more
// than that of a plain number.
class Cell {
 public:
  void add(std::uint64_t more = 1) { set(value() + more); }
  void subtract(std::uint64_t less = 1) { set(value() - less); }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace yatagarasu::core
