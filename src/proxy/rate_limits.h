#pragma once

#include "core/cidr.h"
#include "http/fields.h"
#include "resilience/client_rate_limiter.h"
#include "resilience/rate_limiter.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace yatagarasu::proxy {

enum class RateScope : std::uint8_t { kGlobal, kClient, kBucket };
inline constexpr std::size_t kRateScopes = 3;
std::string_view name_of(RateScope scope);  // "global", "client", "bucket"

// The limits of one request; null where there is none. Shared by configurations that leave them as
// they are, so that a reload forgives nobody.
struct RateLimits {
  std::shared_ptr<resilience::RateLimiter> global;
  std::shared_ptr<resilience::ClientRateLimiter> per_client;
};

// The limit that turned a request away.
struct RateRefusal {
  RateScope scope;
  resilience::RateLimit limit;
  std::chrono::nanoseconds retry_after;
};

// Whether a request may go on; those who wait for their turn have taken nothing of the limits that
// come after. `bucket`: null where there is none.
std::optional<RateRefusal> check_rates(const RateLimits& limits, resilience::RateLimiter* bucket,
                                       const core::IpAddress& client);

// Retry-After, and RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10).
void add_rate_fields(const RateRefusal& refusal, http::HeaderBlock& headers);

}  // namespace yatagarasu::proxy
