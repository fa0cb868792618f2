#include "cache/memory/entry_table.h"

#include "cache/entry.h"
#include "cache/memory/mapped_array.h"
#include "cache/memory/memory_entry.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace yatagarasu::cache {
namespace {

constexpr std::size_t kFirstSlots = 512;  // One page.

// User space has addresses of 48 bits (on x86-64 and AArch64, unless asked for more).
constexpr unsigned kAddressBits = 48;
constexpr std::uint64_t kAddress = (std::uint64_t{1} << kAddressBits) - 1;

// The lowest bits choose the slot, the highest the shard.
std::uint64_t tag_of(std::uint64_t hash) {
  return (hash << 8U) & ~kAddress;
}

}  // namespace

std::uint64_t EntryTable::make_slot(const MemoryEntry& entry) {
  return reinterpret_cast<std::uintptr_t>(&entry) | tag_of(entry.hash);
}

MemoryEntry* EntryTable::entry_of(std::uint64_t slot) {
  return reinterpret_cast<MemoryEntry*>(slot & kAddress);  // NOLINT(performance-no-int-to-ptr)
}

MemoryEntry* EntryTable::find(const KeyRef& key) const {
  if (slots_.empty()) return nullptr;
  const std::uint64_t tag = tag_of(key.hash);
  for (std::size_t at = home(key.hash); slots_[at] != 0; at = after(at)) {
    if ((slots_[at] & ~kAddress) != tag) continue;
    MemoryEntry* const entry = entry_of(slots_[at]);
    if (entry->hash == key.hash && entry->key() == key.bytes) return entry;
  }
  return nullptr;
}

MemoryEntry* EntryTable::find_hash(std::uint64_t hash) const {
  if (slots_.empty()) return nullptr;
  for (std::size_t at = home(hash); slots_[at] != 0; at = after(at)) {
    if (entry_of(slots_[at])->hash == hash) return entry_of(slots_[at]);
  }
  return nullptr;
}

std::size_t EntryTable::place_of(const MemoryEntry& entry) const {
  const std::uint64_t slot = make_slot(entry);
  std::size_t at = home(entry.hash);
  while (slots_[at] != slot) {
    assert(slots_[at] != 0);
    at = after(at);
  }
  return at;
}

void EntryTable::insert(MemoryEntry& entry) {
  assert(!is_full());
  std::size_t at = home(entry.hash);
  while (slots_[at] != 0) at = after(at);
  slots_[at] = make_slot(entry);
  ++count_;
}

void EntryTable::replace(MemoryEntry& old, MemoryEntry& entry) {
  slots_[place_of(old)] = make_slot(entry);
}

void EntryTable::erase(MemoryEntry& entry) {
  std::size_t hole = place_of(entry);
  // What stands behind the hole and was pushed there by what is gone moves up, so that the way
  // from an entry's home to it has no gap.
  for (std::size_t at = after(hole); slots_[at] != 0; at = after(at)) {
    const std::size_t distance = (at - home(entry_of(slots_[at])->hash)) & (slots_.size() - 1);
    if (distance < ((at - hole) & (slots_.size() - 1))) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = 0;
  --count_;
}

void EntryTable::grow() {
  MappedArray<std::uint64_t> old(std::max(kFirstSlots, slots_.size() * 2));
  std::swap(old, slots_);
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (old[i] == 0) continue;
    std::size_t at = home(entry_of(old[i])->hash);
    while (slots_[at] != 0) at = after(at);
    slots_[at] = old[i];
  }
}

}  // namespace yatagarasu::cache
