#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

namespace yatagarasu::admin {

// How many requests a second there were lately, from totals that are told now and then.
//
// Threading: one thread.
class RequestRates {
 public:
  using Clock = std::chrono::steady_clock;
  using Totals = std::map<std::string, std::uint64_t, std::less<>>;  // By bucket.

  static constexpr std::chrono::seconds kInterval{5};
  static constexpr std::chrono::seconds kWindow{60};

  // Whether another sample is due.
  bool is_due(Clock::time_point now) const;
  void sample(Clock::time_point now, Totals totals);

  // Over the last kWindow, or as long as there are samples; 0 with less than two, and for a bucket
  // that was not there at its begin.
  double per_second(const std::string& bucket) const;

 private:
  struct Sample {
    Clock::time_point taken;
    Totals totals;
  };
  std::deque<Sample> samples_;
};

}  // namespace yatagarasu::admin
