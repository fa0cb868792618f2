#pragma once

#include <cstdint>

namespace yatagarasu::resilience {

// A `rate_limit` block.
struct RateLimitOptions {
  std::uint32_t requests_per_second = 0;  // 0 = no limit.
  std::uint32_t burst = 0;                // 0 = as many as the rate.
};

}  // namespace yatagarasu::resilience
