#include "proxy/rate_limits.h"

#include "core/cidr.h"
#include "http/fields.h"
#include "resilience/client_rate_limiter.h"
#include "resilience/rate_limiter.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::proxy {
namespace {

std::optional<RateRefusal> refusal(RateScope scope, const resilience::RateLimit& limit,
                                   const resilience::Admission& admission) {
  if (admission.is_admitted) return std::nullopt;
  return RateRefusal{.scope = scope, .limit = limit, .retry_after = admission.retry_after};
}

}  // namespace

std::string_view name_of(RateScope scope) {
  switch (scope) {
    case RateScope::kGlobal: return "global";
    case RateScope::kClient: return "client";
    case RateScope::kBucket: return "bucket";
  }
  return "";
}

std::optional<RateRefusal> check_rates(const RateLimits& limits, resilience::RateLimiter* bucket,
                                       const core::IpAddress& client) {
  if (limits.global == nullptr && limits.per_client == nullptr && bucket == nullptr) {
    return std::nullopt;
  }
  const auto now = std::chrono::steady_clock::now();
  std::optional<RateRefusal> refused;
  // A client's own limit first: what it is refused for must not use up what is for all.
  if (limits.per_client != nullptr) {
    refused = refusal(RateScope::kClient, limits.per_client->limit(),
                      limits.per_client->take(client, now));
  }
  if (!refused && limits.global != nullptr) {
    refused = refusal(RateScope::kGlobal, limits.global->limit(), limits.global->take(now));
  }
  if (!refused && bucket != nullptr) {
    refused = refusal(RateScope::kBucket, bucket->limit(), bucket->take(now));
  }
  return refused;
}

void add_rate_fields(const RateRefusal& refusal, http::HeaderBlock& headers) {
  const auto seconds = std::max<std::int64_t>(
      1, std::chrono::ceil<std::chrono::seconds>(refusal.retry_after).count());
  const std::string_view name = name_of(refusal.scope);
  const auto [rate, burst] = refusal.limit;
  headers.add("Retry-After", std::to_string(seconds));
  headers.add("RateLimit-Policy",
              fmt::format("\"{}\";q={};w={}", name, burst, (burst + rate - 1) / rate));
  headers.add("RateLimit", fmt::format("\"{}\";r=0;t={}", name, seconds));
}

}  // namespace yatagarasu::proxy
