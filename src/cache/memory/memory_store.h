#pragma once

#include "cache/entry.h"
#include "cache/memory/arena.h"
#include "cache/memory/memory_entry.h"
#include "cache/memory/memory_shard.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace yatagarasu::cache {

// The entries of a memory tier: shards over one arena.
//
// Threading: any thread. A shard's lock is never held together with another's; the arena's is
// taken within a shard's, never the other way round.
class MemoryStore {
 public:
  MemoryStore(std::uint64_t max_bytes, unsigned threads);
  ~MemoryStore();
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  EntryRef find(const KeyRef& key) { return shard_of(key.hash).find(key); }
  EntryRef peek(const KeyRef& key) { return shard_of(key.hash).peek(key); }
  void remove(const KeyRef& key, const EntryRef& known) { shard_of(key.hash).remove(key, known); }
  Stored<EntryRef> replace(const KeyRef& key, const EntryRef& known, std::string_view metadata);

  // A slot, for which others are evicted if need be; null when what can be evicted is not enough.
  void* allocate(std::size_t bytes, std::uint64_t owner);
  Arena& arena() { return arena_; }
  MemoryShard& shard_of(std::uint64_t hash) { return shards_[hash >> shard_shift_]; }

  // One step of a purge: `walk` says how far it has come.
  struct PurgeWalk {
    std::size_t shard = 0;
    MemoryShard::Walk within{};
    std::uint64_t removed = 0;
  };
  enum class Progress : bool { kMore, kDone };
  Progress purge_step(const PurgeScope& scope, PurgeWalk& walk);
  // The purge of a single key, in one step.
  std::uint64_t purge_key(const PurgeScope& scope);
  void trim() { arena_.trim(); }

  TierStats stats() const;

 private:
  std::uint64_t evict_one();
  void empty_a_chunk();

  Arena arena_;
  std::size_t shard_count_;
  unsigned shard_shift_;
  std::unique_ptr<MemoryShard[]> shards_;
  std::atomic<std::size_t> next_shard_{0};
};

}  // namespace yatagarasu::cache
