#include "cache/memory/body_chain.h"

#include "cache/memory/arena.h"
#include "core/ref.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace yatagarasu::cache {
namespace {

// A slot may be larger than what it holds by such a part; more is cut into several.
constexpr std::size_t kMaxWastePart = 8;
// Below this a further piece costs more than it saves.
constexpr std::size_t kMaxWaste = 512;

}  // namespace

std::size_t gather_pieces(const BodyPiece* pieces, std::uint64_t size, std::uint64_t offset,
                          std::span<iovec> parts) {
  std::size_t filled = 0;
  std::uint64_t start = 0;
  for (; start < size && filled < parts.size(); start += pieces++->size) {
    const std::uint64_t end = std::min(start + pieces->size, size);
    if (end <= offset) continue;
    const auto skipped = static_cast<std::size_t>(std::max(start, offset) - start);
    parts[filled++] = {.iov_base = pieces->bytes + skipped,
                       .iov_len = static_cast<std::size_t>(end - start) - skipped};
  }
  return filled;
}

std::size_t next_piece(std::uint64_t bytes) {
  if (bytes >= Arena::kMaxSlot) return Arena::kMaxSlot;
  const auto left = static_cast<std::size_t>(bytes);
  const std::size_t waste = Arena::slot_size(left) - left;
  if (waste <= std::max(kMaxWaste, left / kMaxWastePart)) return left;
  return Arena::filled_slot_size(left);
}

BodyChain::BodyChain(Arena& arena, std::span<const BodyPiece> pieces)
    : arena_(arena), count_(pieces.size()) {
  charge_ = Arena::slot_size(slot_bytes(count_));
  for (const BodyPiece& piece : pieces) charge_ += Arena::slot_size(piece.size);
  std::uninitialized_copy(pieces.begin(), pieces.end(), reinterpret_cast<BodyPiece*>(this + 1));
}

core::Ref<const BodyChain> BodyChain::make(void* slot, Arena& arena,
                                           std::span<const BodyPiece> pieces) {
  return core::Ref<const BodyChain>::adopt(::new (slot) BodyChain(arena, pieces));
}

void BodyChain::release() const noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  Arena& arena = arena_;
  for (const BodyPiece& piece : pieces()) arena.release(piece.bytes);
  arena.release(const_cast<BodyChain*>(this));  // Trivially destroyed.
}

}  // namespace yatagarasu::cache
