#pragma once

#include "resilience/recent_count.h"

#include <cstdint>
#include <mutex>

namespace yatagarasu::resilience {

// Keeps retries a small part of the load: an origin that fails under too much of it must not get
// a multiple because of that.
//
// Pure; one caller at a time.
class RetryBudget {
 public:
  // In RecentCount::kWindow, however few the requests are.
  static constexpr std::uint64_t kAlwaysAllowed = 10;

  // `percent` of the recent requests.
  explicit RetryBudget(std::uint32_t percent) : percent_(percent) {}

  void requested(TimePoint now) { requests_.add(now); }
  // Whether one more retry is allowed; it is counted then.
  bool try_retry(TimePoint now);

 private:
  std::uint32_t percent_;
  RecentCount requests_;
  RecentCount retries_;
};

// One budget for several threads. The lock is held for a few additions.
class SharedRetryBudget {
 public:
  explicit SharedRetryBudget(std::uint32_t percent) : budget_(percent) {}

  void requested(TimePoint now);
  bool try_retry(TimePoint now);

 private:
  std::mutex mutex_;
  RetryBudget budget_;
};

}  // namespace yatagarasu::resilience
