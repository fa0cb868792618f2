#pragma once

#include "resilience/retry_budget.h"
#include "resilience/shared_circuit_breaker.h"
#include "s3/options.h"

#include <utility>

namespace yatagarasu::s3 {

// What all loops know together of how a bucket fares. Bound to no loop and no configuration, so
// that it can outlive both: an origin that is down stays so when the configuration is read again.
//
// Threading: any thread.
struct Resilience {
  explicit Resilience(const Options& options,
                      resilience::SharedCircuitBreaker::OnChange on_breaker = {})
      : breaker(options.circuit_breaker, std::move(on_breaker)),
        budget(options.retry.budget_percent) {}

  resilience::SharedCircuitBreaker breaker;
  resilience::SharedRetryBudget budget;
};

}  // namespace yatagarasu::s3
