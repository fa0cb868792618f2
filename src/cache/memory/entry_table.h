#pragma once

#include "cache/entry.h"
#include "cache/memory/mapped_array.h"
#include "cache/memory/memory_entry.h"

#include <cstddef>
#include <cstdint>

namespace yatagarasu::cache {

// Finds the entries of one shard by their keys: open addressing with linear probing, at most seven
// eighths full. A slot is eight bytes, the entry's address and 16 bits of its hash, so that an
// entry of another key is almost never looked at.
//
// Pure. One caller at a time. Owns no entry.
class EntryTable {
 public:
  MemoryEntry* find(const KeyRef& key) const;
  // An entry of that hash, whatever its key.
  MemoryEntry* find_hash(std::uint64_t hash) const;

  // There must be no entry with its key, and room: grow() before when is_full().
  void insert(MemoryEntry& entry);
  void erase(MemoryEntry& entry);
  // `entry` in the place of `old`, which has the same key.
  void replace(MemoryEntry& old, MemoryEntry& entry);

  bool is_full() const { return (count_ + 1) * 8 > slots_.size() * 7; }
  // Twice the slots. Throws std::bad_alloc.
  void grow();

  // Calls visit(entry) for the entries of the slots from `begin` on, at least `count` of them
  // unless the table ends; returns where to go on. A walk in such steps meets every entry that is
  // there all the time, whatever is inserted and erased between them, unless the table grows.
  template <class Visit>
  std::size_t walk(std::size_t begin, std::size_t count, Visit visit) const {
    std::size_t at = begin;
    // A step ends at an empty slot: no entry moves back across one when others are erased.
    for (; at < slots_.size() && (at < begin + count || slots_[at] != 0); ++at) {
      if (slots_[at] != 0) visit(*entry_of(slots_[at]));
    }
    return at;
  }

  std::size_t slots() const { return slots_.size(); }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return slots_.bytes(); }

 private:
  static std::uint64_t make_slot(const MemoryEntry& entry);
  static MemoryEntry* entry_of(std::uint64_t slot);
  std::size_t home(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t after(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  std::size_t place_of(const MemoryEntry& entry) const;

  MappedArray<std::uint64_t> slots_;
  std::size_t count_ = 0;
};

}  // namespace yatagarasu::cache
