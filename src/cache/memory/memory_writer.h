#pragma once

#include "cache/entry.h"
#include "cache/memory/body_chain.h"
#include "cache/memory/memory_shard.h"
#include "cache/memory/memory_store.h"
#include "cache/tier.h"
#include "io/task.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>
#include <vector>

namespace yatagarasu::cache {

// A body of known length is written straight to where the entry will have it: in the entry's own
// slot, or in pieces that are cut to measure. One of unknown length grows by pieces; at the commit
// its last piece is copied to one of the right size, and a small body into the entry's slot.
//
// It holds on to every byte that was appended until it is destroyed, whatever becomes of the
// entry: the readers of a fill read here.
class MemoryWriter final : public EntryWriter {
 public:
  // Null pointer for what cannot be stored, with the reason.
  static Stored<std::unique_ptr<EntryWriter>> open(MemoryStore& store, const WriteRequest& request);
  ~MemoryWriter() override;

  Stored<void> append(std::string_view bytes) override;
  std::size_t gather(std::uint64_t offset, std::span<iovec> parts) const override;
  std::optional<Stored<EntryRef>> try_commit() override { return commit_now(); }
  io::Task<Stored<EntryRef>> commit() override;

 private:
  MemoryWriter(MemoryStore& store, const WriteRequest& request);

  Stored<EntryRef> commit_now();
  // What open() allocates; the reason when it cannot.
  std::optional<NotStored> allocate_known(std::uint64_t body_bytes);
  std::optional<NotStored> make_room_for(std::uint64_t size);
  bool add_piece(std::size_t bytes);
  void write(std::string_view bytes);

  MemoryEntry* make_entry();  // Null without space.
  MemoryEntry* make_small_entry();
  MemoryEntry* make_chained_entry();
  bool cut_tail(std::vector<BodyPiece>& pieces);

  MemoryStore& store_;
  std::string key_;
  std::string metadata_;
  EntryKind kind_;
  std::uint64_t max_body_bytes_;
  bool is_length_known_;

  void* slot_ = nullptr;  // The entry's, when all is to lie in one.
  // Never moved nor changed once bytes are in them, since readers look at them without a lock.
  std::unique_ptr<BodyPiece[]> pieces_;
  std::size_t piece_capacity_ = 0;
  std::size_t piece_count_ = 0;
  std::size_t owned_from_ = 0;  // The pieces before it have gone over to the entry.
  std::uint64_t room_ = 0;      // Bytes of all pieces.
  std::size_t writing_piece_ = 0;
  std::size_t writing_offset_ = 0;
  std::atomic<std::uint64_t> size_{0};

  std::optional<NotStored> refused_;
  EntryRef entry_;  // Once made.
  OpenWrite open_;
};

}  // namespace yatagarasu::cache
