#include "cache/memory/memory_shard.h"

#include "cache/bucket_ids.h"
#include "cache/entry.h"
#include "cache/memory/eviction.h"
#include "cache/memory/memory_entry.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <mutex>
#include <new>
#include <vector>

namespace yatagarasu::cache {
namespace {

// Slots that a purge looks at without letting others in: some ten microseconds.
constexpr std::size_t kPurgeStep = 256;

MemoryEntry* as_entry(EvictionNode* node) {
  return static_cast<MemoryEntry*>(node);
}

EntryRef share(const MemoryEntry* entry) {
  return EntryRef::share(entry);
}

bool is_object(const MemoryEntry& entry) {
  return entry.kind() == EntryKind::kResponse;
}

}  // namespace

MemoryShard::~MemoryShard() {
  static_cast<void>(table_.walk(0, table_.slots(), [](MemoryEntry& entry) { entry.release(); }));
}

Usage& MemoryShard::usage(BucketId bucket) {
  if (bucket >= usage_.size()) {
    const std::size_t before = usage_.capacity();
    usage_.resize(bucket + 1U);
    arena_->charge(static_cast<std::ptrdiff_t>((usage_.capacity() - before) * sizeof(Usage)));
  }
  return usage_[bucket];
}

EntryRef MemoryShard::find(const KeyRef& key) {
  const std::scoped_lock lock(mutex_);
  MemoryEntry* const entry = table_.find(key);
  if (entry == nullptr) {
    eviction_.missed(key.hash);
    ++usage(key.bucket).misses;
    return {};
  }
  eviction_.hit(*entry);
  if (is_object(*entry)) ++usage(key.bucket).hits;
  return share(entry);
}

EntryRef MemoryShard::peek(const KeyRef& key) {
  const std::scoped_lock lock(mutex_);
  return share(table_.find(key));
}

bool MemoryShard::make_room() {
  if (!table_.is_full()) return true;
  const std::size_t before = table_.bytes() + eviction_.sketch_bytes();
  try {
    table_.grow();
    eviction_.resize(table_.slots());
  } catch (const std::bad_alloc&) {
    if (table_.is_full()) return false;
  }
  arena_->charge(static_cast<std::ptrdiff_t>(table_.bytes() + eviction_.sketch_bytes() - before));
  return true;
}

void MemoryShard::count_in(const MemoryEntry& entry) {
  Usage& bucket = usage(entry.bucket());
  bucket.bytes += entry.charge();
  if (is_object(entry)) ++bucket.objects;
  publish_weight();
}

void MemoryShard::count_out(const MemoryEntry& entry) {
  Usage& bucket = usage(entry.bucket());
  bucket.bytes -= entry.charge();
  if (is_object(entry)) --bucket.objects;
  publish_weight();
}

void MemoryShard::insert(MemoryEntry& entry) {
  table_.insert(entry);
  eviction_.insert(entry);
  count_in(entry);
}

void MemoryShard::swap(MemoryEntry& old, MemoryEntry& entry) {
  table_.replace(old, entry);
  eviction_.replace(old, entry);
  count_out(old);
  count_in(entry);
}

void MemoryShard::take_out(MemoryEntry& entry, Why why) {
  table_.erase(entry);
  if (why == Why::kEvicted) {
    if (is_object(entry)) ++usage(entry.bucket()).evictions;
    eviction_.evict(entry);
  } else {
    eviction_.remove(entry);
  }
  count_out(entry);
}

void MemoryShard::add(OpenWrite& write) {
  const std::scoped_lock lock(mutex_);
  write.next = writes_;
  if (writes_ != nullptr) writes_->previous = &write;
  writes_ = &write;
}

void MemoryShard::drop(OpenWrite& write) {
  const std::scoped_lock lock(mutex_);
  if (write.next != nullptr) write.next->previous = write.previous;
  (write.previous != nullptr ? write.previous->next : writes_) = write.next;
}

Stored<EntryRef> MemoryShard::commit(OpenWrite& write, MemoryEntry& entry) {
  EntryRef made = EntryRef::adopt(&entry);
  EntryRef old;  // Dropped behind the lock.
  const std::scoped_lock lock(mutex_);
  if (write.is_purged) return std::unexpected(NotStored::kPurged);
  if (!make_room()) return std::unexpected(NotStored::kNoSpace);
  entry.retain();  // For the table.
  if (MemoryEntry* const found = table_.find(write.key)) {
    swap(*found, entry);
    old = EntryRef::adopt(found);
  } else {
    insert(entry);
  }
  return made;
}

Stored<EntryRef> MemoryShard::replace(const EntryRef& known, MemoryEntry& entry) {
  EntryRef made = EntryRef::adopt(&entry);
  EntryRef old;
  const std::scoped_lock lock(mutex_);
  MemoryEntry* const found = table_.find(entry.key_ref());
  if (found == nullptr || found != known.get()) return std::unexpected(NotStored::kChanged);
  entry.retain();
  swap(*found, entry);
  old = EntryRef::adopt(found);
  return made;
}

void MemoryShard::remove(const KeyRef& key, const EntryRef& known) {
  EntryRef old;
  const std::scoped_lock lock(mutex_);
  MemoryEntry* const found = table_.find(key);
  if (found == nullptr || found != known.get()) return;
  take_out(*found, Why::kRemoved);
  old = EntryRef::adopt(found);
}

std::uint64_t MemoryShard::evict_one() {
  EntryRef old;
  const std::scoped_lock lock(mutex_);
  MemoryEntry* const victim = as_entry(eviction_.choose());
  if (victim == nullptr) return 0;
  take_out(*victim, Why::kEvicted);
  old = EntryRef::adopt(victim);
  return victim->charge();
}

void MemoryShard::evict_hash(std::uint64_t hash) {
  EntryRef old;
  const std::scoped_lock lock(mutex_);
  MemoryEntry* const victim = table_.find_hash(hash);
  if (victim == nullptr) return;
  take_out(*victim, Why::kEvicted);
  old = EntryRef::adopt(victim);
}

void MemoryShard::mark_writes(const PurgeScope& scope) {
  for (OpenWrite* write = writes_; write != nullptr; write = write->next) {
    if (scope.includes(write->key)) write->is_purged = true;
  }
}

std::uint64_t MemoryShard::purge_step(const PurgeScope& scope, Walk& walk) {
  std::vector<EntryRef> old;
  const std::scoped_lock lock(mutex_);
  if (!walk.is_begun) mark_writes(scope);
  if (walk.table_slots != table_.slots()) walk.slot = 0;
  walk.is_begun = true;
  walk.table_slots = table_.slots();
  std::uint64_t removed = 0;
  walk.slot = table_.walk(walk.slot, kPurgeStep, [&](MemoryEntry& entry) {
    if (scope.includes(entry.key_ref())) old.push_back(EntryRef::adopt(&entry));
  });
  walk.is_done = walk.slot >= table_.slots();
  for (const EntryRef& entry : old) {
    auto& found = const_cast<MemoryEntry&>(static_cast<const MemoryEntry&>(*entry));
    removed += is_object(found) ? 1U : 0U;
    take_out(found, Why::kRemoved);
  }
  return removed;
}

std::uint64_t MemoryShard::purge_key(const PurgeScope& scope) {
  EntryRef old;
  const std::scoped_lock lock(mutex_);
  mark_writes(scope);
  MemoryEntry* const found = table_.find(scope.single_key());
  if (found == nullptr) return 0;
  take_out(*found, Why::kRemoved);
  old = EntryRef::adopt(found);
  return is_object(*found) ? 1 : 0;
}

Usage MemoryShard::add_usage(std::vector<Usage>& buckets) const {
  const auto add = [](Usage& sum, const Usage& part) {
    sum.objects += part.objects;
    sum.bytes += part.bytes;
    sum.hits += part.hits;
    sum.misses += part.misses;
    sum.evictions += part.evictions;
  };
  Usage total;
  const std::scoped_lock lock(mutex_);
  if (buckets.size() < usage_.size()) buckets.resize(usage_.size());
  for (std::size_t bucket = 0; bucket < usage_.size(); ++bucket) {
    add(buckets[bucket], usage_[bucket]);
    add(total, usage_[bucket]);
  }
  return total;
}

}  // namespace yatagarasu::cache
