#include "app/generation_builder.h"

#include "admin/cache_admin.h"
#include "admin/view.h"
#include "app/explain.h"
#include "app/generation.h"
#include "app/issuers.h"
#include "app/object_caches.h"
#include "app/upstreams.h"
#include "auth/authenticator.h"
#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/options.h"
#include "config/render.h"
#include "core/result.h"
#include "proxy/cache_counters.h"
#include "proxy/object_cache.h"
#include "proxy/options.h"
#include "proxy/services.h"
#include "routing/route_table.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::app {

core::Result<void> GenerationBuilder::build(Generation& generation) {
  proxy::Services& services = generation.services;
  generation.view.configuration = [&generation] {
    return config::render_redacted(generation.snapshot);
  };
  generation.view.explain = [&generation](const std::string& url,
                                          const std::optional<std::string>& token) {
    return explain_url(generation.snapshot, url, token).text;
  };
  services.unrouted = metrics_.unrouted();
  services.rate_limits = rate_limiters_.of_server(generation.snapshot.server.rate_limits);
  services.cache = caches_.get(generation.snapshot.cache.max_size);
  if (services.cache != nullptr) {
    generation.view.cache =
        std::make_unique<admin::CacheAdmin>(services.cache->tier(), services.cache->coalescer());
  }
  std::vector<routing::Route> routes;
  for (const proxy::BucketOptions& options : generation.snapshot.buckets) {
    routes.push_back({options.path_prefix, static_cast<std::uint32_t>(routes.size())});
    if (auto added = add_bucket(generation, options); !added) {
      return core::failure(added.error().code,
                           "bucket `" + options.name + "`: " + added.error().detail);
    }
  }
  services.routes = routing::RouteTable(routes);
  return {};
}

core::Result<void> GenerationBuilder::add_bucket(Generation& generation,
                                                 const proxy::BucketOptions& options) {
  proxy::Services& services = generation.services;
  auto upstream = upstreams_.get(options);
  if (!upstream) return std::unexpected(std::move(upstream.error()));
  auto bucket = std::make_unique<proxy::Bucket>(options, *std::move(upstream),
                                                metrics_.of_bucket(options.name));
  bucket->rate_limiter = rate_limiters_.of_bucket(options.name, options.rate_limit);
  if (options.cache) {
    bucket->cache.emplace(*services.cache, bucket->options, *options.cache,
                          caches_.bucket_ids().id_of(options.name), caches_.hash_seed());
  }
  if (auto added = add_authenticator(*bucket); !added) return added;
  add_to_view(generation, *bucket);
  services.buckets.push_back(std::move(bucket));
  return {};
}

core::Result<void> GenerationBuilder::add_authenticator(proxy::Bucket& bucket) {
  const std::optional<proxy::AuthOptions>& options = bucket.options.auth;
  if (!options || !options->enabled) return {};
  // The configuration sees to it; a bucket must not be open because it did not.
  if (!options->jwt) return core::failure(core::ErrorCode::kConfiguration, "auth without jwt");
  std::shared_ptr<auth::jwt::JwksKeys> keys;
  if (!options->jwt->jwks_url.empty()) {
    auto fetched = issuers_.keys_for(*options->jwt);
    if (!fetched) return std::unexpected(std::move(fetched.error()));
    keys = *std::move(fetched);
  }
  auto authenticator = auth::Authenticator::create(*options->jwt, loops_, std::move(keys));
  if (!authenticator) return std::unexpected(std::move(authenticator.error()));
  bucket.authenticator = *std::move(authenticator);
  return {};
}

void GenerationBuilder::add_to_view(Generation& generation, const proxy::Bucket& bucket) {
  admin::View& view = generation.view;
  view.buckets.push_back(bucket.options.name);
  view.health.add(bucket.options.name, bucket.health(), [&bucket] {
    return bucket.authenticator == nullptr || bucket.authenticator->has_keys();
  });
  if (!bucket.cache) return;
  view.cache->add({.name = bucket.options.name,
                   .space = bucket.cache->space(),
                   .id = bucket.cache->id(),
                   .requests = [&counters = bucket.metrics->cache] {
                     const proxy::CacheCounters::Sums sums = counters.sums();
                     return admin::CacheAdmin::Requests{.by_outcome = sums.by_outcome,
                                                        .collapsed = sums.collapsed};
                   }});
}

}  // namespace yatagarasu::app
