#pragma once

#include "cache/bucket_ids.h"
#include "cache/entry.h"
#include "cache/memory/arena.h"
#include "cache/memory/body_chain.h"
#include "cache/memory/eviction.h"
#include "core/ref.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <sys/uio.h>

namespace yatagarasu::cache {

// An entry in one slot of the arena: this, its key, its metadata and, where it fits, its body.
//
// A million small objects make every byte here a megabyte.
class MemoryEntry final : public Entry, public EvictionNode {
 public:
  static constexpr std::size_t kMaxKey = std::numeric_limits<std::uint16_t>::max();
  // Weights are in such units, so that they have room in 32 bits.
  static constexpr std::size_t kWeightUnit = 64;
  static constexpr std::size_t kChainPointer = sizeof(void*);

  struct Content {
    KeyRef key;
    std::string_view metadata;
    EntryKind kind = EntryKind::kResponse;
    std::uint64_t body_bytes = 0;
    core::Ref<const BodyChain> chain{};  // Null: the body is in the slot already.
  };

  // Where the body has its place, behind key and metadata.
  static std::size_t body_offset(std::size_t key_bytes, std::size_t metadata_bytes) {
    return sizeof(MemoryEntry) + key_bytes + metadata_bytes;
  }
  // How much an entry with a chain takes, which has the chain's address in the body's place.
  static std::size_t chained_bytes(std::size_t key_bytes, std::size_t metadata_bytes) {
    return body_offset(key_bytes, metadata_bytes) + kChainPointer;
  }
  // Whether the whole of an entry of so many bytes is to lie in one slot.
  static bool fits_slot(std::uint64_t bytes);

  // Makes the entry in a slot of the arena that is large enough, with one reference.
  static MemoryEntry* make(void* slot, Arena& arena, const Content& content);

  std::string_view key() const { return {behind(), key_bytes_}; }
  KeyRef key_ref() const { return {.bytes = key(), .hash = hash, .bucket = bucket_}; }
  std::string_view metadata() const override { return {behind() + key_bytes_, metadata_bytes_}; }
  EntryKind kind() const override { return kind_; }
  BucketId bucket() const { return bucket_; }
  std::uint64_t charge() const { return std::uint64_t{weight} * kWeightUnit; }

  // Null for a body in the slot.
  core::Ref<const BodyChain> chain() const {
    return core::Ref<const BodyChain>::share(is_chained_ ? chain_pointer() : nullptr);
  }
  // The body, when it is in the slot.
  std::string_view body() const {
    return {behind() + key_bytes_ + metadata_bytes_, static_cast<std::size_t>(size())};
  }
  std::size_t gather(std::uint64_t offset, std::span<iovec> parts) const override;

 private:
  MemoryEntry(Arena& arena, const Content& content);
  ~MemoryEntry() = default;
  void dispose() const noexcept override;
  const char* behind() const { return reinterpret_cast<const char*>(this + 1); }
  const BodyChain* chain_pointer() const;

  EntryKind kind_;
  bool is_chained_;
  BucketId bucket_;
  std::uint16_t key_bytes_;
  std::uint32_t metadata_bytes_;
  Arena& arena_;
};

static_assert(sizeof(MemoryEntry) <= 80);

}  // namespace yatagarasu::cache
