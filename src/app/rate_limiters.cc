#include "app/rate_limiters.h"

#include "app/unshared.h"
#include "proxy/rate_limits.h"
#include "resilience/client_rate_limiter.h"
#include "resilience/options.h"
#include "resilience/rate_limiter.h"
#include "server/options.h"

#include <map>
#include <memory>
#include <string>

namespace yatagarasu::app {
namespace {

resilience::RateLimit limit_of(const resilience::RateLimitOptions& options) {
  return {.per_second = options.requests_per_second,
          .burst = options.burst == 0 ? options.requests_per_second : options.burst};
}

}  // namespace

proxy::RateLimits RateLimiters::of_server(const server::RateLimits& options) {
  proxy::RateLimits limits;
  limits.global = of_bucket("", options.all);
  if (options.per_client.requests_per_second == 0) return limits;
  const resilience::RateLimit limit = limit_of(options.per_client);
  if (per_client_ == nullptr || per_client_->limit() != limit) {
    per_client_ = std::make_shared<resilience::ClientRateLimiter>(limit, seed_);
  }
  limits.per_client = per_client_;
  return limits;
}

std::shared_ptr<resilience::RateLimiter> RateLimiters::of_bucket(
    const std::string& name, const resilience::RateLimitOptions& options) {
  if (options.requests_per_second == 0) return nullptr;
  const resilience::RateLimit limit = limit_of(options);
  auto& limiter = buckets_[name];
  if (limiter == nullptr || limiter->limit() != limit) {
    limiter = std::make_shared<resilience::RateLimiter>(limit);
  }
  return limiter;
}

void RateLimiters::sweep() {
  forget_unshared(buckets_);
  if (per_client_.use_count() == 1) per_client_.reset();
}

}  // namespace yatagarasu::app
