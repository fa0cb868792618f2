#include "resilience/retry_budget.h"

#include "resilience/recent_count.h"

#include <algorithm>
#include <cstdint>
#include <mutex>

namespace yatagarasu::resilience {

bool RetryBudget::try_retry(TimePoint now) {
  const std::uint64_t share = requests_.value(now) * percent_ / 100;
  if (retries_.value(now) >= std::max(share, kAlwaysAllowed)) return false;
  retries_.add(now);
  return true;
}

void SharedRetryBudget::requested(TimePoint now) {
  const std::lock_guard lock(mutex_);
  budget_.requested(now);
}

bool SharedRetryBudget::try_retry(TimePoint now) {
  const std::lock_guard lock(mutex_);
  return budget_.try_retry(now);
}

}  // namespace yatagarasu::resilience
