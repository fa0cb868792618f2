#pragma once

#include "cache/bucket_ids.h"
#include "cache/cache_status.h"
#include "cache/coalescer.h"
#include "cache/key.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"
#include "core/result.h"
#include "io/task.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::admin {

// The cache as an operator sees it: what is in it, and how to take it out.
//
// Threading: add() before the first use, the rest from any thread.
class CacheAdmin {
 public:
  // Both outlive it.
  CacheAdmin(cache::Tier& tier, cache::Coalescer& coalescer) : tier_(tier), coalescer_(coalescer) {}

  // How often requests of a bucket met the cache in which way, by cache::Outcome, and how many of
  // them shared another's request.
  struct Requests {
    std::array<std::uint64_t, cache::kOutcomes> by_outcome{};
    std::uint64_t collapsed = 0;
  };
  // `space` outlives it.
  struct Bucket {
    std::string name;
    const cache::KeySpace& space;
    cache::BucketId id;
    std::function<Requests()> requests;
  };
  void add(Bucket bucket) { buckets_.push_back(std::move(bucket)); }

  // What a purge is of: everything without a bucket, else one object, the objects whose S3 key
  // begins with `prefix`, or all of the bucket. Empty where that bucket is not cached.
  struct Target {
    std::string bucket{};
    std::optional<std::string> key{};
    std::optional<std::string> prefix{};
  };
  std::optional<cache::PurgeScope> scope_of(const Target& target) const;

  // How many responses it removed. Once it has completed no request gets what was stored, or was
  // being fetched, when it was called.
  io::Task<core::Result<std::uint64_t>> purge(cache::PurgeScope scope);

  // The body of /admin/cache/stats.
  std::string to_json() const;

 private:
  cache::Tier& tier_;
  cache::Coalescer& coalescer_;
  std::vector<Bucket> buckets_;
};

}  // namespace yatagarasu::admin
