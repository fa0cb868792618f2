#pragma once

#include "cache/memory/arena.h"
#include "core/ref.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/uio.h>

namespace yatagarasu::cache {

// A part of a body: a slot of the arena, or the part of one that is in use.
struct BodyPiece {
  char* bytes = nullptr;
  std::size_t size = 0;
};

// What SharedBytes::gather() does, for pieces that follow one another up to `size` bytes in all.
std::size_t gather_pieces(const BodyPiece* pieces, std::uint64_t size, std::uint64_t offset,
                          std::span<iovec> parts);

// How much of a body of so many bytes the next piece takes: as large a slot as it fills, or one
// that it fills nearly.
std::size_t next_piece(std::uint64_t bytes);

// A body too large for one slot. Lies in a slot itself, the table of its pieces behind it, and is
// shared by the entries that a 304 has followed upon one another.
//
// Threading: references from any thread; immutable.
class BodyChain {
 public:
  static constexpr std::size_t kMaxPieces = (Arena::kMaxSlot - 64) / sizeof(BodyPiece);

  // Where to make one of so many pieces.
  static std::size_t slot_bytes(std::size_t pieces) {
    return sizeof(BodyChain) + pieces * sizeof(BodyPiece);
  }
  // In `slot`; owns that and the pieces.
  static core::Ref<const BodyChain> make(void* slot, Arena& arena,
                                         std::span<const BodyPiece> pieces);

  std::span<const BodyPiece> pieces() const {
    return {reinterpret_cast<const BodyPiece*>(this + 1), count_};
  }
  std::size_t charge() const { return charge_; }

  void retain() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept;

 private:
  BodyChain(Arena& arena, std::span<const BodyPiece> pieces);
  ~BodyChain() = default;

  Arena& arena_;
  std::size_t count_;
  std::size_t charge_ = 0;  // Bytes of all slots.
  mutable std::atomic<std::uint32_t> references_{1};
};

}  // namespace yatagarasu::cache
