#pragma once

#include "proxy/rate_limits.h"
#include "resilience/client_rate_limiter.h"
#include "resilience/options.h"
#include "resilience/rate_limiter.h"
#include "server/options.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace yatagarasu::app {

// The rate limiters, over all configurations: one whose limit stays as it is keeps its state.
//
// Threading: one thread.
class RateLimiters {
 public:
  explicit RateLimiters(std::uint64_t seed) : seed_(seed) {}

  proxy::RateLimits of_server(const server::RateLimits& options);
  // Null without a limit.
  std::shared_ptr<resilience::RateLimiter> of_bucket(const std::string& name,
                                                     const resilience::RateLimitOptions& options);
  void sweep();

 private:
  std::uint64_t seed_;
  std::shared_ptr<resilience::ClientRateLimiter> per_client_;
  std::map<std::string, std::shared_ptr<resilience::RateLimiter>> buckets_;  // "": of all.
};

}  // namespace yatagarasu::app
