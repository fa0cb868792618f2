#include "cache/memory/memory_store.h"

#include "cache/entry.h"
#include "cache/memory/arena.h"
#include "cache/memory/memory_entry.h"
#include "cache/memory/memory_shard.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>

namespace yatagarasu::cache {
namespace {

// Enough that two threads seldom want the same one.
constexpr unsigned kShardsPerThread = 4;
constexpr std::size_t kMaxShards = 64;
// Frequencies are compared within a shard: it should hold more than a few objects.
constexpr std::uint64_t kMinShardBytes = 4U << 20U;
constexpr unsigned kHashBits = 64;

// How much is evicted one by one in the hope for a slot of the right size, before a chunk is
// emptied; and how often that is tried.
constexpr std::uint64_t kEvictBeforeEmptying = Arena::kChunk;
constexpr unsigned kMaxEmptied = 8;

std::size_t count_shards(std::uint64_t max_bytes, unsigned threads) {
  const std::uint64_t for_size = std::max<std::uint64_t>(1, max_bytes / kMinShardBytes);
  const std::uint64_t for_threads = std::uint64_t{std::max(1U, threads)} * kShardsPerThread;
  const std::uint64_t count = std::min<std::uint64_t>({for_size, for_threads, kMaxShards});
  return std::max<std::size_t>(2, std::bit_floor(count));  // No shift by all 64 bits.
}

}  // namespace

MemoryStore::MemoryStore(std::uint64_t max_bytes, unsigned threads)
    : arena_(max_bytes),
      shard_count_(count_shards(max_bytes, threads)),
      shard_shift_(kHashBits - static_cast<unsigned>(std::countr_zero(shard_count_))),
      shards_(std::make_unique<MemoryShard[]>(shard_count_)) {
  for (std::size_t i = 0; i < shard_count_; ++i) shards_[i].attach(arena_);
  arena_.charge(static_cast<std::ptrdiff_t>(shard_count_ * sizeof(MemoryShard)));
}

MemoryStore::~MemoryStore() = default;

void* MemoryStore::allocate(std::size_t bytes, std::uint64_t owner) {
  for (unsigned emptied = 0;; ++emptied) {
    for (std::uint64_t evicted = 0;;) {
      if (void* const slot = arena_.allocate(bytes, owner)) return slot;
      if (evicted >= kEvictBeforeEmptying) break;
      const std::uint64_t gone = evict_one();
      if (gone == 0) break;
      evicted += gone;
    }
    if (emptied == kMaxEmptied) return nullptr;
    empty_a_chunk();
  }
}

// Of two shards in turn the larger one: over time all are of one size, as are the chances of
// their entries.
std::uint64_t MemoryStore::evict_one() {
  const std::size_t turn = next_shard_.fetch_add(1, std::memory_order_relaxed);
  std::size_t chosen = turn % shard_count_;
  const std::size_t other = (chosen + shard_count_ / 2) % shard_count_;
  if (shards_[other].weight() > shards_[chosen].weight()) chosen = other;
  for (std::size_t i = 0; i < shard_count_; ++i) {
    const std::uint64_t gone = shards_[(chosen + i) % shard_count_].evict_one();
    if (gone != 0) return gone;
  }
  return 0;
}

void MemoryStore::empty_a_chunk() {
  for (const std::uint64_t owner : arena_.empty_one()) shard_of(owner).evict_hash(owner);
}

Stored<EntryRef> MemoryStore::replace(const KeyRef& key, const EntryRef& known,
                                      std::string_view metadata) {
  MemoryShard& shard = shard_of(key.hash);
  // Only what this store has made can be looked into.
  if (!known || shard.peek(key) != known) return std::unexpected(NotStored::kChanged);
  const auto& old = static_cast<const MemoryEntry&>(*known);

  MemoryEntry::Content content{.key = key,
                               .metadata = metadata,
                               .kind = old.kind(),
                               .body_bytes = old.size(),
                               .chain = old.chain()};
  std::size_t bytes = MemoryEntry::chained_bytes(key.bytes.size(), metadata.size());
  if (!content.chain) {
    bytes = MemoryEntry::body_offset(key.bytes.size(), metadata.size()) + old.body().size();
  }
  if (bytes > Arena::kMaxSlot) return std::unexpected(NotStored::kTooLarge);
  void* const slot = allocate(bytes, key.hash);
  if (slot == nullptr) return std::unexpected(NotStored::kNoSpace);
  MemoryEntry* const entry = MemoryEntry::make(slot, arena_, content);
  if (!content.chain) std::ranges::copy(old.body(), const_cast<char*>(entry->body().data()));
  return shard.replace(known, *entry);
}

MemoryStore::Progress MemoryStore::purge_step(const PurgeScope& scope, PurgeWalk& walk) {
  walk.removed += shards_[walk.shard].purge_step(scope, walk.within);
  if (!walk.within.is_done) return Progress::kMore;
  walk.within = {};
  return ++walk.shard == shard_count_ ? Progress::kDone : Progress::kMore;
}

std::uint64_t MemoryStore::purge_key(const PurgeScope& scope) {
  return shard_of(scope.single_key().hash).purge_key(scope);
}

TierStats MemoryStore::stats() const {
  TierStats stats{.name = "memory", .max_bytes = arena_.max_bytes()};
  for (std::size_t i = 0; i < shard_count_; ++i) {
    const Usage part = shards_[i].add_usage(stats.buckets);
    stats.total.objects += part.objects;
    stats.total.hits += part.hits;
    stats.total.misses += part.misses;
    stats.total.evictions += part.evictions;
  }
  stats.total.bytes = arena_.held_bytes();
  return stats;
}

}  // namespace yatagarasu::cache
