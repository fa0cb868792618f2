#pragma once

#include "cache/entry.h"
#include "cache/memory/arena.h"
#include "cache/memory/entry_table.h"
#include "cache/memory/eviction.h"
#include "cache/memory/memory_entry.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace yatagarasu::cache {

// What a shard knows of a writer: enough for a purge to reach it.
struct OpenWrite {
  KeyRef key;  // Its view lives as long as this.
  OpenWrite* previous = nullptr;
  OpenWrite* next = nullptr;
  bool is_purged = false;
};

// The entries whose hashes begin alike, under one lock. It holds a reference to each.
//
// Threading: any thread. References are dropped outside the lock where that may free memory.
class alignas(64) MemoryShard {
 public:
  MemoryShard() = default;
  MemoryShard(const MemoryShard&) = delete;
  MemoryShard& operator=(const MemoryShard&) = delete;
  ~MemoryShard();
  // Once, before anything else.
  void attach(Arena& arena) { arena_ = &arena; }

  EntryRef find(const KeyRef& key);
  EntryRef peek(const KeyRef& key);
  void remove(const KeyRef& key, const EntryRef& known);

  void add(OpenWrite& write);
  void drop(OpenWrite& write);
  // Makes the entry findable, unless the write was purged. Takes over the one reference it was
  // born with.
  Stored<EntryRef> commit(OpenWrite& write, MemoryEntry& entry);
  // The same in the place of `known`, if that is what is stored.
  Stored<EntryRef> replace(const EntryRef& known, MemoryEntry& entry);

  // Evicts the entry that is worth least; the bytes it counted for, 0 when there is none.
  std::uint64_t evict_one();
  // Evicts an entry of that hash, if there is one.
  void evict_hash(std::uint64_t hash);
  // For choosing a shard to evict from; may be out of date.
  std::uint64_t weight() const { return weight_.load(std::memory_order_relaxed); }

  // Removes what is in the scope, a step of a few hundred slots at a time, and the first time
  // marks the open writers. The number of responses removed; walk.is_done says the rest.
  struct Walk {
    std::size_t slot = 0;
    std::size_t table_slots = 0;  // As it was: a table that has grown is walked again.
    bool is_begun = false;
    bool is_done = false;
  };
  std::uint64_t purge_step(const PurgeScope& scope, Walk& walk);
  std::uint64_t purge_key(const PurgeScope& scope);

  // Adds this shard's to `buckets`, which is as long as need be, and returns its sum.
  Usage add_usage(std::vector<Usage>& buckets) const;

 private:
  Usage& usage(BucketId bucket);
  // Makes room for one more entry and what counts its requests.
  bool make_room();
  void insert(MemoryEntry& entry);
  // `entry` in the place of `old`, whose reference is the caller's to drop.
  void swap(MemoryEntry& old, MemoryEntry& entry);
  void count_in(const MemoryEntry& entry);
  void count_out(const MemoryEntry& entry);
  // Takes the entry out of everything; its reference is the caller's to drop.
  enum class Why : std::uint8_t { kEvicted, kRemoved };
  void take_out(MemoryEntry& entry, Why why);
  void mark_writes(const PurgeScope& scope);
  void publish_weight() { weight_.store(eviction_.weight(), std::memory_order_relaxed); }

  mutable std::mutex mutex_;
  EntryTable table_;
  Eviction eviction_;
  std::vector<Usage> usage_;  // By bucket.
  OpenWrite* writes_ = nullptr;
  Arena* arena_ = nullptr;
  std::atomic<std::uint64_t> weight_{0};
};

}  // namespace yatagarasu::cache
