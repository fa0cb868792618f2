#include "admin/cache_admin.h"

#include "cache/cache_status.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"
#include "core/ascii.h"
#include "core/result.h"
#include "io/task.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace yatagarasu::admin {
namespace {

boost::json::object describe(const cache::Usage& usage) {
  return {{"objects", usage.objects},
          {"bytes", usage.bytes},
          {"hits", usage.hits},
          {"misses", usage.misses},
          {"evictions", usage.evictions}};
}

boost::json::object describe(const CacheAdmin::Requests& requests) {
  boost::json::object described;
  for (std::size_t index = 0; index < cache::kOutcomes; ++index) {
    const auto outcome = static_cast<cache::Outcome>(index);
    described[core::to_lower(cache::x_cache_value(outcome))] = requests.by_outcome.at(index);
  }
  described["coalesced"] = requests.collapsed;
  return described;
}

}  // namespace

std::optional<cache::PurgeScope> CacheAdmin::scope_of(const Target& target) const {
  if (target.bucket.empty()) return cache::PurgeScope::everything();
  const auto bucket = std::ranges::find(buckets_, target.bucket, &Bucket::name);
  if (bucket == buckets_.end()) return std::nullopt;
  if (target.key) return cache::PurgeScope::of_prefix(bucket->space.prefix_of_object(*target.key));
  if (target.prefix) {
    return cache::PurgeScope::of_prefix(bucket->space.prefix_of_keys(*target.prefix));
  }
  return cache::PurgeScope::of_bucket(bucket->id);
}

io::Task<core::Result<std::uint64_t>> CacheAdmin::purge(cache::PurgeScope scope) {
  // The fills first: one that ends in between must not store what the purge was meant for.
  coalescer_.purge(scope);
  co_return co_await tier_.purge(std::move(scope));
}

std::string CacheAdmin::to_json() const {
  const cache::TierStats stats = tier_.stats();
  boost::json::object tier = describe(stats.total);
  tier["max_bytes"] = stats.max_bytes;
  boost::json::object buckets;
  for (const Bucket& bucket : buckets_) {
    boost::json::object described =
        describe(bucket.id < stats.buckets.size() ? stats.buckets[bucket.id] : cache::Usage{});
    described["requests"] = describe(bucket.requests());
    buckets[bucket.name] = std::move(described);
  }
  const boost::json::object body{{"tiers", {{stats.name, std::move(tier)}}},
                                 {"buckets", std::move(buckets)}};
  return boost::json::serialize(body) + "\n";
}

}  // namespace yatagarasu::admin
