#pragma once

#include "auth/authenticator.h"
#include "core/cidr.h"
#include "proxy/bucket_metrics.h"
#include "proxy/header_policy.h"
#include "proxy/object_cache.h"
#include "proxy/options.h"
#include "proxy/rate_limits.h"
#include "routing/route_table.h"
#include "s3/upstream.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace yatagarasu::proxy {

// One bucket as requests meet it. Made once for a configuration and never changed.
struct Bucket {
  Bucket(BucketOptions bucket_options, std::shared_ptr<s3::Upstream> s3,
         std::shared_ptr<BucketMetrics> counted)
      : options(std::move(bucket_options)),
        headers(options),
        upstream(std::move(s3)),
        metrics(std::move(counted)) {}
  Bucket(const Bucket&) = delete;
  Bucket& operator=(const Bucket&) = delete;

  BucketOptions options;
  HeaderPolicy headers;                                // Refers to options.
  std::unique_ptr<auth::Authenticator> authenticator;  // Null: public.
  std::shared_ptr<s3::Upstream> upstream;              // Shared with other configurations' buckets.

  s3::Client& client(const io::Loop& loop) const { return *upstream->clients[loop.index()]; }
  s3::BucketHealth& health() const { return upstream->health; }
  std::optional<BucketCache> cache;  // Absent: every request goes to S3.
  std::shared_ptr<BucketMetrics> metrics;
  std::shared_ptr<resilience::RateLimiter> rate_limiter;  // Null: no limit.
};

// Everything a configuration turns into that requests use.
//
// Threading: read by every loop; what changes (clients, health, cache) says for itself who may.
struct Services {
  std::shared_ptr<ObjectCache> cache;  // Null: switched off. The buckets refer to it.
  routing::RouteTable routes;          // Its indices are those of `buckets`.
  std::vector<std::unique_ptr<Bucket>> buckets;
  std::shared_ptr<BucketMetrics> unrouted;  // Of the requests that reach no bucket.
  std::vector<core::Cidr> trusted_proxies;
  RateLimits rate_limits;
  std::uint32_t max_requests = 0;
  bool has_health_endpoints = false;  // On the listener for traffic.
  std::uint64_t generation = 0;       // How many configurations were loaded, this one counted.
};

// What keeps the services of a request alive: held by its exchange, and by whatever goes on without
// one. Each loop has leases of its own, so that loops share no count.
using ServicesLease = std::shared_ptr<Services>;

}  // namespace yatagarasu::proxy
