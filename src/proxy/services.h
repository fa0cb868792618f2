#pragma once

#include "auth/authenticator.h"
#include "core/cidr.h"
#include "proxy/cache_counters.h"
#include "proxy/header_policy.h"
#include "proxy/object_cache.h"
#include "proxy/options.h"
#include "proxy/request_slot.h"
#include "routing/route_table.h"
#include "s3/client.h"
#include "s3/health.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace yatagarasu::proxy {

// One bucket as requests meet it. Made once for a configuration and never changed; each loop has
// its own client in `clients`, by the loop's index.
struct Bucket {
  Bucket(BucketOptions bucket_options, std::size_t loops)
      : options(std::move(bucket_options)), headers(options), cache_counters(loops) {}
  Bucket(const Bucket&) = delete;
  Bucket& operator=(const Bucket&) = delete;

  BucketOptions options;
  HeaderPolicy headers;                                // Refers to options.
  std::unique_ptr<auth::Authenticator> authenticator;  // Null: public.
  std::vector<std::unique_ptr<s3::Client>> clients;
  s3::BucketHealth health;
  std::optional<BucketCache> cache;  // Absent: every request goes to S3.
  CacheCounters cache_counters;
};

// Everything a configuration turns into that requests use.
//
// Threading: read by every loop; what changes (clients, health, cache, requests) says for itself
// who may.
struct Services {
  explicit Services(std::uint32_t max_requests) : requests(max_requests) {}

  std::unique_ptr<ObjectCache> cache;  // Null: switched off. The buckets refer to it.
  routing::RouteTable routes;          // Its indices are those of `buckets`.
  std::vector<std::unique_ptr<Bucket>> buckets;
  std::vector<core::Cidr> trusted_proxies;
  RequestLimit requests;
};

}  // namespace yatagarasu::proxy
