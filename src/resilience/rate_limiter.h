#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace yatagarasu::resilience {

// So many a second, and so many at once after a pause.
struct RateLimit {
  std::uint32_t per_second = 0;
  std::uint32_t burst = 0;  // At least 1.

  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

// Whether one more may pass.
struct Admission {
  bool is_admitted = false;
  std::chrono::nanoseconds retry_after{0};  // Until one would be; 0 when admitted.
};

// The state of one limit, as a token bucket that is written down by one number (the generic cell
// rate algorithm): the time at which the bucket will be full again.
namespace gcra {

// Steady nanoseconds since any fixed point.
using Nanoseconds = std::int64_t;

struct Step {
  Admission admission;
  Nanoseconds full_at = 0;  // The new state; as it was when refused.
};
// `full_at` of a bucket that was never used is 0, or anything in the past.
Step take(const RateLimit& limit, Nanoseconds full_at, Nanoseconds now);

}  // namespace gcra

// One limit that all share. Threading: any thread; never waits.
class RateLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit RateLimiter(RateLimit limit) : limit_(limit) {}

  const RateLimit& limit() const { return limit_; }
  Admission take(TimePoint now);

 private:
  RateLimit limit_;
  std::atomic<gcra::Nanoseconds> full_at_{0};
};

}  // namespace yatagarasu::resilience
