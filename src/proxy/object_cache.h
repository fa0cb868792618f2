#pragma once

#include "cache/bucket_ids.h"
#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/fill_runner.h"
#include "cache/key.h"
#include "cache/memory/memory_tier.h"
#include "cache/policy/admission.h"
#include "cache/policy/options.h"
#include "cache/tier.h"
#include "core/byte_count.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "proxy/options.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace yatagarasu::proxy {

// What all buckets that are cached share: the tier, the fills that are running, and on each loop
// the tasks that go on without a client.
//
// Threading: shared by all loops; runner() and run_in_background() on the loop that is given.
class ObjectCache {
 public:
  ObjectCache(core::ByteCount max_size, const std::vector<std::unique_ptr<io::Loop>>& loops,
              const io::TaskGroup::OnError& on_error);
  ObjectCache(const ObjectCache&) = delete;
  ObjectCache& operator=(const ObjectCache&) = delete;

  cache::Tier& tier() { return tier_; }
  cache::Coalescer& coalescer() { return coalescer_; }
  cache::FillRunner& runner(const io::Loop& loop) { return *runners_[loop.index()]; }

  // Runs what no client waits for; not at all while the loop has too much of it.
  void run_in_background(const io::Loop& loop, io::Task<void> task);

  // On the loop, when it has no requests any more: ends its fills and tasks, each at the next turn
  // of the loop.
  void request_stop(const io::Loop& loop) { runner(loop).tasks().request_stop(); }
  bool finished(const io::Loop& loop) { return runner(loop).tasks().empty(); }

 private:
  cache::MemoryTier tier_;
  cache::Coalescer coalescer_;
  std::vector<std::unique_ptr<cache::FillRunner>> runners_;  // By the loop's index.
};

// One bucket that is cached. Immutable; `bucket` outlives it.
class BucketCache {
 public:
  // `hash_seed`: the same for all buckets of the process, and random.
  BucketCache(ObjectCache& shared, const BucketOptions& bucket, const CacheOptions& options,
              cache::BucketId id, std::uint64_t hash_seed);

  ObjectCache& shared() const { return shared_; }
  const cache::KeySpace& space() const { return space_; }
  cache::BucketId id() const { return id_; }
  const cache::PolicyOptions& policy() const { return policy_; }
  cache::Rules rules() const {
    return {.options = policy_, .forwarded = bucket_.forward_request_headers};
  }
  std::uint64_t max_object_size() const { return max_object_size_; }

  cache::KeyRef ref(const cache::Key& key) const {
    return {.bytes = key.bytes(), .hash = key.hash(), .bucket = id_};
  }

 private:
  ObjectCache& shared_;
  const BucketOptions& bucket_;
  cache::KeySpace space_;
  cache::BucketId id_;
  cache::PolicyOptions policy_;
  std::uint64_t max_object_size_;
};

}  // namespace yatagarasu::proxy
