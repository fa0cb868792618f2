#include "cache/memory/arena.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <sys/mman.h>
#include <vector>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

namespace yatagarasu::cache {
namespace {

// Slots are so finely graded that at most every 17th byte of small ones is lost to rounding.
constexpr std::uint16_t kGrades = 16;
constexpr std::uint16_t kMaxSlots = 512;
constexpr std::size_t kAlignment = 8;
// Behind the slots of a chunk stands whose each is.
constexpr std::size_t kOwner = sizeof(std::uint64_t);
// How many chunks empty_one() compares: enough to find one that is nearly empty where that is
// common, and few enough to hold the lock for.
constexpr std::uint32_t kCompared = 4096;
// A released slot begins with the number of the next one; the rest of it is poisoned under ASan.
constexpr std::size_t kLink = 8;

}  // namespace

const std::array<Arena::SizeClass, Arena::kMaxClasses>& Arena::classes() {
  static constexpr auto kTable = [] {
    std::array<SizeClass, kMaxClasses> sizes{};
    std::size_t count = 0;
    for (std::uint16_t slots = kMaxSlots; slots >= 1;) {
      const std::size_t owners = slots == 1 ? 0 : slots * kOwner;
      sizes.at(count++) = {(kChunk - owners) / slots / kAlignment * kAlignment, slots};
      slots = static_cast<std::uint16_t>(slots - std::max(1, slots / (kGrades + 1)));
    }
    for (; count < kMaxClasses; ++count) sizes.at(count) = {kChunk, 1};
    return sizes;
  }();
  return kTable;
}

std::size_t Arena::class_of(std::size_t bytes) {
  assert(bytes <= kMaxSlot);
  const auto& sizes = classes();
  const auto* const found = std::ranges::lower_bound(sizes, bytes, {}, &SizeClass::slot);
  return static_cast<std::size_t>(found - sizes.begin());
}

std::size_t Arena::slot_size(std::size_t bytes) {
  return classes().at(class_of(bytes)).slot;
}

std::size_t Arena::filled_slot_size(std::size_t bytes) {
  const auto& sizes = classes();
  const auto* const above = std::ranges::upper_bound(sizes, bytes, {}, &SizeClass::slot);
  return above == sizes.begin() ? sizes.front().slot : (above - 1)->slot;
}

Arena::Arena(std::uint64_t max_bytes)
    : max_bytes_(max_bytes),
      bytes_((static_cast<std::size_t>(max_bytes) + kChunk - 1) / kChunk * kChunk),
      chunks_(bytes_.size() / kChunk),
      whole_owners_(chunks_.size()) {
  partial_.fill(kNone);
  charged_ = chunks_.size() * (sizeof(Chunk) + sizeof(std::uint64_t));
}

char* Arena::slot_at(std::uint32_t chunk, std::uint16_t slot) {
  return bytes_.data() + chunk * kChunk + slot * classes().at(chunks_[chunk].size_class).slot;
}

std::uint64_t& Arena::owner_of(std::uint32_t chunk, std::uint16_t slot) {
  const std::uint16_t slots = classes().at(chunks_[chunk].size_class).slots;
  if (slots == 1) return whole_owners_[chunk];
  char* const end = bytes_.data() + (chunk + 1) * kChunk;
  return *(reinterpret_cast<std::uint64_t*>(end) - slots + slot);
}

void Arena::list(std::uint32_t index) {
  Chunk& chunk = chunks_[index];
  std::uint32_t& first = partial_.at(chunk.size_class);
  chunk.previous = kNone;
  chunk.next = first;
  if (first != kNone) chunks_[first].previous = index;
  first = index;
  chunk.is_listed = true;
}

void Arena::unlist(std::uint32_t index) {
  Chunk& chunk = chunks_[index];
  if (chunk.next != kNone) chunks_[chunk.next].previous = chunk.previous;
  (chunk.previous != kNone ? chunks_[chunk.previous].next : partial_.at(chunk.size_class)) =
      chunk.next;
  chunk.is_listed = false;
}

std::uint32_t Arena::take_chunk(std::size_t size_class) {
  if (used_ * kChunk + charged_ + kChunk > max_bytes_) return kNone;
  std::uint32_t index = unused_;
  if (index != kNone) {
    unused_ = chunks_[index].next;
  } else if (touched_ < chunks_.size()) {
    index = touched_++;
  } else {
    return kNone;
  }
  ++used_;
  chunks_[index] = {.size_class = static_cast<std::uint16_t>(size_class)};
  // The owners' numbers stay readable.
  const SizeClass& slots = classes().at(size_class);
  ASAN_UNPOISON_MEMORY_REGION(bytes_.data() + index * kChunk, kChunk);
  ASAN_POISON_MEMORY_REGION(bytes_.data() + index * kChunk, slots.slots * slots.slot);
  list(index);
  return index;
}

void Arena::return_chunk(std::uint32_t index) {
  if (chunks_[index].is_listed) unlist(index);
  chunks_[index] = {.next = unused_, .has_pages = true};
  unused_ = index;
  --used_;
}

std::uint16_t Arena::take_slot(std::uint32_t index) {
  Chunk& chunk = chunks_[index];
  std::uint16_t slot = 0;
  if (chunk.free != 0) {
    slot = static_cast<std::uint16_t>(chunk.free - 1);
    chunk.free = *reinterpret_cast<std::uint16_t*>(slot_at(index, slot));
  } else {
    slot = chunk.touched++;
  }
  const SizeClass& slots = classes().at(chunk.size_class);
  if (++chunk.used == slots.slots) unlist(index);
  ASAN_UNPOISON_MEMORY_REGION(slot_at(index, slot), slots.slot);
  return slot;
}

void* Arena::allocate(std::size_t bytes, std::uint64_t owner) {
  const std::size_t size_class = class_of(bytes);
  const std::scoped_lock lock(mutex_);
  std::uint32_t chunk = partial_.at(size_class);
  if (chunk == kNone) chunk = take_chunk(size_class);
  if (chunk == kNone) return nullptr;
  const std::uint16_t slot = take_slot(chunk);
  owner_of(chunk, slot) = owner;
  return slot_at(chunk, slot);
}

void Arena::release(void* slot) {
  const auto offset = static_cast<std::size_t>(static_cast<char*>(slot) - bytes_.data());
  const auto index = static_cast<std::uint32_t>(offset / kChunk);
  const std::scoped_lock lock(mutex_);
  Chunk& chunk = chunks_[index];
  const SizeClass& slots = classes().at(chunk.size_class);
  ASAN_POISON_MEMORY_REGION(static_cast<char*>(slot) + kLink, slots.slot - kLink);
  if (--chunk.used == 0) {
    return_chunk(index);
    return;
  }
  *static_cast<std::uint16_t*>(slot) = chunk.free;
  chunk.free = static_cast<std::uint16_t>(offset % kChunk / slots.slot + 1);
  if (!chunk.is_listed && !chunk.is_leaving) list(index);
}

void Arena::charge(std::ptrdiff_t bytes) {
  const std::scoped_lock lock(mutex_);
  charged_ += static_cast<std::uint64_t>(bytes);
}

std::uint64_t Arena::held_bytes() const {
  const std::scoped_lock lock(mutex_);
  return used_ * kChunk + charged_;
}

std::vector<std::uint64_t> Arena::empty_one() {
  const std::scoped_lock lock(mutex_);
  std::uint32_t emptiest = kNone;
  std::size_t least = kChunk;
  for (std::uint32_t i = 0; i < std::min(kCompared, touched_); ++i) {
    cursor_ = cursor_ + 1 < touched_ ? cursor_ + 1 : 0;
    const Chunk& chunk = chunks_[cursor_];
    // What is full has a slot for nobody, and as much in it as any.
    const std::size_t used = chunk.used * classes().at(chunk.size_class).slot;
    if (used == 0 || chunk.is_leaving || used >= least) continue;
    least = used;
    emptiest = cursor_;
  }
  if (emptiest == kNone) return {};
  chunks_[emptiest].is_leaving = true;
  if (chunks_[emptiest].is_listed) unlist(emptiest);
  return owners_in(emptiest);
}

std::vector<std::uint64_t> Arena::owners_in(std::uint32_t index) {
  const Chunk& chunk = chunks_[index];
  std::vector<bool> is_free(chunk.touched);
  for (std::uint16_t link = chunk.free; link != 0;) {
    const auto slot = static_cast<std::uint16_t>(link - 1);
    is_free[slot] = true;
    link = *reinterpret_cast<std::uint16_t*>(slot_at(index, slot));
  }
  std::vector<std::uint64_t> owners;
  for (std::uint16_t slot = 0; slot < chunk.touched; ++slot) {
    if (!is_free[slot]) owners.push_back(owner_of(index, slot));
  }
  return owners;
}

void Arena::trim() {
  const std::scoped_lock lock(mutex_);
  for (std::uint32_t index = unused_; index != kNone; index = chunks_[index].next) {
    Chunk& chunk = chunks_[index];
    if (!chunk.has_pages) continue;
    chunk.has_pages = false;
    ::madvise(bytes_.data() + index * kChunk, kChunk, MADV_DONTNEED);
  }
}

}  // namespace yatagarasu::cache
