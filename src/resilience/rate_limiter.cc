#include "resilience/rate_limiter.h"

#include <algorithm>
#include <atomic>
#include <chrono>

namespace yatagarasu::resilience {
namespace gcra {

Step take(const RateLimit& limit, Nanoseconds full_at, Nanoseconds now) {
  constexpr Nanoseconds kSecond = 1'000'000'000;
  const Nanoseconds each = kSecond / limit.per_second;
  const Nanoseconds depth = each * limit.burst;
  const Nanoseconds next = std::max(full_at, now) + each;
  const Nanoseconds early = next - now - depth;
  if (early > 0) {
    return {.admission = {.is_admitted = false, .retry_after = std::chrono::nanoseconds(early)},
            .full_at = full_at};
  }
  return {.admission = {.is_admitted = true}, .full_at = next};
}

}  // namespace gcra

Admission RateLimiter::take(TimePoint now) {
  const gcra::Nanoseconds at = now.time_since_epoch().count();
  gcra::Nanoseconds known = full_at_.load(std::memory_order_relaxed);
  for (;;) {
    const gcra::Step step = gcra::take(limit_, known, at);
    if (!step.admission.is_admitted) return step.admission;
    if (full_at_.compare_exchange_weak(known, step.full_at, std::memory_order_relaxed)) {
      return step.admission;
    }
  }
}

}  // namespace yatagarasu::resilience
