#include "cache/memory/memory_entry.h"

#include "cache/entry.h"
#include "cache/memory/arena.h"
#include "cache/memory/body_chain.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace yatagarasu::cache {
namespace {

// What rounding may cost before a body is cut into pieces instead.
constexpr std::size_t kMaxWastePart = 8;
constexpr std::size_t kMaxWaste = 256;

}  // namespace

bool MemoryEntry::fits_slot(std::uint64_t bytes) {
  if (bytes > Arena::kMaxSlot) return false;
  const auto size = static_cast<std::size_t>(bytes);
  return Arena::slot_size(size) - size <= std::max(kMaxWaste, size / kMaxWastePart);
}

MemoryEntry::MemoryEntry(Arena& arena, const Content& content)
    : Entry(content.body_bytes),
      kind_(content.kind),
      is_chained_(content.chain.get() != nullptr),
      bucket_(content.key.bucket),
      key_bytes_(static_cast<std::uint16_t>(content.key.bytes.size())),
      metadata_bytes_(static_cast<std::uint32_t>(content.metadata.size())),
      arena_(arena) {
  hash = content.key.hash;
  char* const end = std::ranges::copy(content.key.bytes, reinterpret_cast<char*>(this + 1)).out;
  char* const body = std::ranges::copy(content.metadata, end).out;
  std::size_t charge = sizeof(MemoryEntry) + key_bytes_ + metadata_bytes_;
  if (is_chained_) {
    const BodyChain* const chain = core::Ref(content.chain).leak();
    std::memcpy(body, static_cast<const void*>(&chain), kChainPointer);
    charge = Arena::slot_size(charge + kChainPointer) + chain->charge();
  } else {
    charge = Arena::slot_size(charge + static_cast<std::size_t>(content.body_bytes));
  }
  weight = static_cast<std::uint32_t>((charge + kWeightUnit - 1) / kWeightUnit);
}

MemoryEntry* MemoryEntry::make(void* slot, Arena& arena, const Content& content) {
  return ::new (slot) MemoryEntry(arena, content);
}

const BodyChain* MemoryEntry::chain_pointer() const {
  const BodyChain* chain = nullptr;
  std::memcpy(static_cast<void*>(&chain), behind() + key_bytes_ + metadata_bytes_, kChainPointer);
  return chain;
}

std::size_t MemoryEntry::gather(std::uint64_t offset, std::span<iovec> parts) const {
  if (is_chained_) return gather_pieces(chain_pointer()->pieces().data(), size(), offset, parts);
  if (offset >= size() || parts.empty()) return 0;
  const std::string_view rest = body().substr(static_cast<std::size_t>(offset));
  parts[0] = {.iov_base = const_cast<char*>(rest.data()), .iov_len = rest.size()};  // Only read.
  return 1;
}

void MemoryEntry::dispose() const noexcept {
  Arena& arena = arena_;
  if (is_chained_) chain_pointer()->release();
  auto* const self = const_cast<MemoryEntry*>(this);
  self->~MemoryEntry();
  arena.release(self);
}

}  // namespace yatagarasu::cache
