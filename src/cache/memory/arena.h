#pragma once

#include "cache/memory/mapped_array.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace yatagarasu::cache {

// The memory of a cache: one mapping, cut into chunks of 64 KiB, each cut into slots of one size.
// What it holds are chunks, so what it costs is known exactly, whatever is in them.
//
// A chunk serves its size until its last slot is released. When the mix of sizes changes, chunks
// with few slots in use stay behind: empty_one() names who is in such a chunk.
//
// Threading: any thread; one lock, held for a few stores. Lifetime: outlives its slots.
class Arena {
 public:
  static constexpr std::size_t kChunk = 64 * 1024;
  static constexpr std::size_t kMaxSlot = kChunk;

  // Never holds more than `max_bytes`, rounded up to a chunk. Throws std::bad_alloc where the
  // address space is refused.
  explicit Arena(std::uint64_t max_bytes);

  // A slot of at least so many bytes, at most kMaxSlot, aligned to 8; null when there is
  // none of that size and no chunk. `owner` is what empty_one() tells.
  void* allocate(std::size_t bytes, std::uint64_t owner);
  void release(void* slot);

  // The size of the slots that so many bytes get.
  static std::size_t slot_size(std::size_t bytes);
  // The largest slot size that so many bytes fill.
  static std::size_t filled_slot_size(std::size_t bytes);

  // Counts memory that lies elsewhere; may go over the bound, and then chunks are refused.
  void charge(std::ptrdiff_t bytes);

  // Chooses the chunk in which least is in use, has it serve nobody any more, and names the owners
  // of its slots. Once they have released them it is free for every size. None when there is no
  // such chunk.
  std::vector<std::uint64_t> empty_one();

  // Gives the pages of unused chunks back to the system.
  void trim();

  std::uint64_t held_bytes() const;
  std::uint64_t max_bytes() const { return max_bytes_; }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::size_t kMaxClasses = 88;

  // What is known of a chunk. Lies apart, so that a chunk can be one slot to its last byte.
  struct Chunk {
    std::uint32_t previous = kNone;  // In the list of its class with free slots,
    std::uint32_t next = kNone;      // or of unused chunks.
    std::uint16_t size_class = 0;
    std::uint16_t used = 0;     // Slots.
    std::uint16_t touched = 0;  // Slots that were ever in use since the chunk has its class.
    std::uint16_t free = 0;     // The first of the released slots, plus 1; 0 for none.
    bool is_listed = false;
    bool is_leaving = false;  // By empty_one().
    bool has_pages = false;   // Meaningful while unused.
  };

  struct SizeClass {
    std::size_t slot = 0;
    std::uint16_t slots = 0;
  };
  static const std::array<SizeClass, kMaxClasses>& classes();
  static std::size_t class_of(std::size_t bytes);

  char* slot_at(std::uint32_t chunk, std::uint16_t slot);
  std::uint64_t& owner_of(std::uint32_t chunk, std::uint16_t slot);
  std::uint32_t take_chunk(std::size_t size_class);
  void return_chunk(std::uint32_t index);
  std::uint16_t take_slot(std::uint32_t chunk);
  void list(std::uint32_t index);
  void unlist(std::uint32_t index);
  std::vector<std::uint64_t> owners_in(std::uint32_t index);

  std::uint64_t max_bytes_;
  MappedArray<char> bytes_;
  mutable std::mutex mutex_;
  std::vector<Chunk> chunks_;
  std::vector<std::uint64_t> whole_owners_;  // Of chunks that are one slot.
  std::array<std::uint32_t, kMaxClasses> partial_{};
  std::uint32_t unused_ = kNone;
  std::uint32_t touched_ = 0;  // Chunks that were ever in use.
  std::uint32_t used_ = 0;     // Chunks in use.
  std::uint32_t cursor_ = 0;   // Where empty_one() goes on looking.
  std::uint64_t charged_ = 0;
};

}  // namespace yatagarasu::cache
