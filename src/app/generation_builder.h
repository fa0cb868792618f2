#pragma once

#include "app/generation.h"
#include "app/issuers.h"
#include "app/metrics_registry.h"
#include "app/object_caches.h"
#include "app/rate_limiters.h"
#include "app/upstreams.h"
#include "core/result.h"
#include "proxy/services.h"

#include <cstddef>

namespace yatagarasu::app {

// Builds what a configuration describes, with what can be kept of earlier ones.
//
// Threading: one thread, while the runtime runs. Lifetime: what it is given outlives it.
class GenerationBuilder {
 public:
  GenerationBuilder(Upstreams& upstreams, Issuers& issuers, ObjectCaches& caches,
                    MetricsRegistry& metrics, RateLimiters& rate_limiters, std::size_t loops)
      : upstreams_(upstreams),
        issuers_(issuers),
        caches_(caches),
        metrics_(metrics),
        rate_limiters_(rate_limiters),
        loops_(loops) {}

  // Fills in the services and the view. After an error what was begun is unused, and swept with
  // the rest. kConfiguration.
  core::Result<void> build(Generation& generation);

 private:
  core::Result<void> add_bucket(Generation& generation, const proxy::BucketOptions& options);
  core::Result<void> add_authenticator(proxy::Bucket& bucket);
  static void add_to_view(Generation& generation, const proxy::Bucket& bucket);

  Upstreams& upstreams_;
  Issuers& issuers_;
  ObjectCaches& caches_;
  MetricsRegistry& metrics_;
  RateLimiters& rate_limiters_;
  std::size_t loops_;  // Those for traffic.
};

}  // namespace yatagarasu::app
