#include "cache/memory/arena.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

namespace yatagarasu::cache {
namespace {

constexpr std::uint64_t kMax = 16 * Arena::kChunk;

std::vector<void*> allocate_all(Arena& arena, std::size_t bytes) {
  std::vector<void*> slots;
  while (void* const slot = arena.allocate(bytes, slots.size())) {
    std::memset(slot, 0x5a, bytes);
    slots.push_back(slot);
  }
  return slots;
}

TEST(ArenaTest, EverySizeFitsItsSlotAndLosesLittle) {
  for (std::size_t bytes = 1; bytes <= Arena::kMaxSlot; ++bytes) {
    const std::size_t slot = Arena::slot_size(bytes);
    ASSERT_GE(slot, bytes);
    if (bytes >= 200 && bytes <= 3'000) ASSERT_LE(slot - bytes, bytes / 14 + 8) << bytes;
    if (bytes >= 200) ASSERT_LE(Arena::filled_slot_size(bytes), bytes);
  }
  EXPECT_EQ(Arena::slot_size(Arena::kMaxSlot), Arena::kMaxSlot);
  EXPECT_EQ(Arena::filled_slot_size(Arena::kMaxSlot), Arena::kMaxSlot);
}

TEST(ArenaTest, HoldsNoMoreThanItMay) {
  for (const std::size_t bytes : {100U, 1'000U, 30'000U, 65'536U}) {
    Arena arena(kMax);
    const std::vector<void*> slots = allocate_all(arena, bytes);

    EXPECT_LE(arena.held_bytes(), kMax);
    // One chunk goes for what is known of the chunks.
    EXPECT_GE(slots.size() * Arena::slot_size(bytes), kMax * 8 / 10);
    EXPECT_EQ(std::set<void*>(slots.begin(), slots.end()).size(), slots.size());
    for (void* const slot : slots) arena.release(slot);
    EXPECT_EQ(allocate_all(arena, bytes).size(), slots.size());
  }
}

TEST(ArenaTest, AnEmptyChunkServesAnotherSize) {
  Arena arena(kMax);
  for (void* const slot : allocate_all(arena, 100)) arena.release(slot);

  EXPECT_EQ(allocate_all(arena, Arena::kMaxSlot).size(), kMax / Arena::kChunk - 1);
}

TEST(ArenaTest, WhatIsChargedIsNotThereForSlots) {
  Arena arena(kMax);
  arena.charge(static_cast<std::ptrdiff_t>(kMax - Arena::kChunk));

  EXPECT_EQ(arena.allocate(100, 0), nullptr);
  arena.charge(-static_cast<std::ptrdiff_t>(2 * Arena::kChunk));
  EXPECT_NE(arena.allocate(100, 0), nullptr);
}

TEST(ArenaTest, TheEmptiestChunkIsEmptiedForEverySize) {
  Arena arena(kMax);
  const std::vector<void*> slots = allocate_all(arena, 1'000);
  // Of one chunk in the middle every second slot, of all others one.
  const std::size_t in_chunk = Arena::kChunk / (Arena::slot_size(1'000) + sizeof(std::uint64_t));
  std::set<std::uint64_t> left;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const bool is_chosen = i / in_chunk == 7;
    if (is_chosen ? i % 2 == 0 : i % in_chunk == 0) {
      arena.release(slots[i]);
    } else if (is_chosen) {
      left.insert(i);
    }
  }
  ASSERT_EQ(arena.allocate(Arena::kMaxSlot, 0), nullptr);

  const std::vector<std::uint64_t> owners = arena.empty_one();
  EXPECT_EQ(std::set<std::uint64_t>(owners.begin(), owners.end()), left);
  for (const std::uint64_t owner : owners) arena.release(slots[owner]);

  EXPECT_NE(arena.allocate(Arena::kMaxSlot, 0), nullptr);
}

TEST(ArenaTest, TrimmedChunksCanBeUsedAgain) {
  Arena arena(kMax);
  for (void* const slot : allocate_all(arena, 5'000)) arena.release(slot);
  arena.trim();
  arena.trim();

  EXPECT_FALSE(allocate_all(arena, 700).empty());
}

}  // namespace
}  // namespace yatagarasu::cache
