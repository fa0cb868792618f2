#include "cache/memory/memory_writer.h"

#include "cache/entry.h"
#include "cache/memory/arena.h"
#include "cache/memory/body_chain.h"
#include "cache/memory/memory_entry.h"
#include "cache/memory/memory_store.h"
#include "cache/tier.h"
#include "io/task.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace yatagarasu::cache {
namespace {

// A body of unknown length begins with so much room, which then doubles up to a whole slot.
constexpr std::uint64_t kFirstPiece = 4096;
// Pieces up to the first of full size, and one that is not full.
constexpr std::size_t kGrowingPieces = 7;

std::size_t pieces_for(std::uint64_t max_body_bytes) {
  const std::uint64_t whole = max_body_bytes / Arena::kMaxSlot;
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(whole + kGrowingPieces, BodyChain::kMaxPieces));
}

}  // namespace

MemoryWriter::MemoryWriter(MemoryStore& store, const WriteRequest& request)
    : store_(store),
      key_(request.key.bytes),
      metadata_(request.metadata),
      kind_(request.kind),
      max_body_bytes_(request.body_bytes.value_or(request.max_body_bytes)),
      is_length_known_(request.body_bytes.has_value()) {
  open_.key = {.bytes = key_, .hash = request.key.hash, .bucket = request.key.bucket};
  store_.shard_of(open_.key.hash).add(open_);
}

MemoryWriter::~MemoryWriter() {
  store_.shard_of(open_.key.hash).drop(open_);
  if (slot_ != nullptr) {
    store_.arena().release(slot_);
    return;  // The only piece is within.
  }
  for (std::size_t i = owned_from_; i < piece_count_; ++i) {
    store_.arena().release(pieces_[i].bytes);
  }
}

Stored<std::unique_ptr<EntryWriter>> MemoryWriter::open(MemoryStore& store,
                                                        const WriteRequest& request) {
  const std::size_t head =
      MemoryEntry::chained_bytes(request.key.bytes.size(), request.metadata.size());
  if (request.key.bytes.size() > MemoryEntry::kMaxKey || head > Arena::kMaxSlot ||
      request.body_bytes.value_or(0) > request.max_body_bytes) {
    return std::unexpected(NotStored::kTooLarge);
  }
  std::unique_ptr<MemoryWriter> writer(new MemoryWriter(store, request));
  if (request.body_bytes) {
    if (const auto refused = writer->allocate_known(*request.body_bytes)) {
      return std::unexpected(*refused);
    }
  } else {
    writer->piece_capacity_ = pieces_for(request.max_body_bytes);
    writer->pieces_ = std::make_unique<BodyPiece[]>(writer->piece_capacity_);
  }
  return writer;
}

std::optional<NotStored> MemoryWriter::allocate_known(std::uint64_t body_bytes) {
  const std::size_t offset = MemoryEntry::body_offset(key_.size(), metadata_.size());
  if (MemoryEntry::fits_slot(offset + body_bytes)) {
    const auto size = static_cast<std::size_t>(body_bytes);
    slot_ = store_.allocate(offset + size, open_.key.hash);
    if (slot_ == nullptr) return NotStored::kNoSpace;
    piece_capacity_ = piece_count_ = 1;
    pieces_ = std::make_unique<BodyPiece[]>(1);
    pieces_[0] = {.bytes = static_cast<char*>(slot_) + offset, .size = size};
    room_ = body_bytes;
    return std::nullopt;
  }
  for (std::uint64_t left = body_bytes; left > 0; left -= next_piece(left)) ++piece_capacity_;
  if (piece_capacity_ > BodyChain::kMaxPieces) return NotStored::kTooLarge;
  pieces_ = std::make_unique<BodyPiece[]>(piece_capacity_);
  while (room_ < body_bytes) {
    if (!add_piece(next_piece(body_bytes - room_))) return NotStored::kNoSpace;
  }
  return std::nullopt;
}

bool MemoryWriter::add_piece(std::size_t bytes) {
  void* const slot = store_.allocate(bytes, open_.key.hash);
  if (slot == nullptr) return false;
  pieces_[piece_count_++] = {.bytes = static_cast<char*>(slot), .size = bytes};
  room_ += bytes;
  return true;
}

std::optional<NotStored> MemoryWriter::make_room_for(std::uint64_t size) {
  if (size > max_body_bytes_) return NotStored::kTooLarge;
  while (room_ < size) {
    if (piece_count_ == piece_capacity_) return NotStored::kTooLarge;
    const std::uint64_t bytes = std::clamp<std::uint64_t>(room_, kFirstPiece, Arena::kMaxSlot);
    // Not more than a slot of about that size has anyway.
    const std::size_t filled = Arena::filled_slot_size(static_cast<std::size_t>(bytes));
    if (!add_piece(filled)) return NotStored::kNoSpace;
  }
  return std::nullopt;
}

void MemoryWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const BodyPiece& piece = pieces_[writing_piece_];
    const std::size_t part = std::min(bytes.size(), piece.size - writing_offset_);
    std::memcpy(piece.bytes + writing_offset_, bytes.data(), part);
    bytes.remove_prefix(part);
    writing_offset_ += part;
    if (writing_offset_ == piece.size) {
      ++writing_piece_;
      writing_offset_ = 0;
    }
  }
}

Stored<void> MemoryWriter::append(std::string_view bytes) {
  const std::uint64_t size = size_.load(std::memory_order_relaxed) + bytes.size();
  if (!refused_) refused_ = make_room_for(size);
  if (refused_) return std::unexpected(*refused_);
  write(bytes);
  size_.store(size, std::memory_order_release);
  return {};
}

std::size_t MemoryWriter::gather(std::uint64_t offset, std::span<iovec> parts) const {
  return gather_pieces(pieces_.get(), size_.load(std::memory_order_acquire), offset, parts);
}

Stored<EntryRef> MemoryWriter::commit_now() {
  assert(!entry_ && "to be called once");
  if (refused_) return std::unexpected(*refused_);
  if (is_length_known_ && size_.load(std::memory_order_relaxed) != max_body_bytes_) {
    return std::unexpected(NotStored::kFailed);  // Never an entry that is not whole.
  }
  MemoryEntry* const entry = make_entry();
  if (entry == nullptr) return std::unexpected(NotStored::kNoSpace);
  entry_ = EntryRef::share(entry);
  return store_.shard_of(open_.key.hash).commit(open_, *entry);
}

io::Task<Stored<EntryRef>> MemoryWriter::commit() {
  co_return commit_now();
}

MemoryEntry* MemoryWriter::make_entry() {
  const std::uint64_t size = size_.load(std::memory_order_relaxed);
  if (slot_ != nullptr) {
    MemoryEntry* const entry = MemoryEntry::make(
        slot_, store_.arena(),
        {.key = open_.key, .metadata = metadata_, .kind = kind_, .body_bytes = size});
    slot_ = nullptr;
    owned_from_ = piece_count_;
    return entry;
  }
  const std::size_t offset = MemoryEntry::body_offset(key_.size(), metadata_.size());
  const bool is_small = !is_length_known_ && MemoryEntry::fits_slot(offset + size);
  return is_small ? make_small_entry() : make_chained_entry();
}

MemoryEntry* MemoryWriter::make_small_entry() {
  const auto size = static_cast<std::size_t>(size_.load(std::memory_order_relaxed));
  const std::size_t offset = MemoryEntry::body_offset(key_.size(), metadata_.size());
  void* const slot = store_.allocate(offset + size, open_.key.hash);
  if (slot == nullptr) return nullptr;
  MemoryEntry* const entry = MemoryEntry::make(
      slot, store_.arena(),
      {.key = open_.key, .metadata = metadata_, .kind = kind_, .body_bytes = size});
  char* to = static_cast<char*>(slot) + offset;
  for (std::size_t i = 0, left = size; left > 0; ++i) {
    const std::size_t part = std::min(left, pieces_[i].size);
    to = std::copy_n(pieces_[i].bytes, part, to);
    left -= part;
  }
  return entry;
}

// Replaces the last piece, where it is not full, by copies of the right size.
bool MemoryWriter::cut_tail(std::vector<BodyPiece>& pieces) {
  if (writing_offset_ == 0) return true;
  const BodyPiece tail = {.bytes = pieces.back().bytes, .size = writing_offset_};
  pieces.pop_back();
  for (std::size_t copied = 0; copied < tail.size;) {
    const std::size_t part = next_piece(tail.size - copied);
    void* const slot = store_.allocate(part, open_.key.hash);
    if (slot == nullptr) return false;
    std::memcpy(slot, tail.bytes + copied, part);
    pieces.push_back({.bytes = static_cast<char*>(slot), .size = part});
    copied += part;
  }
  return true;
}

MemoryEntry* MemoryWriter::make_chained_entry() {
  Arena& arena = store_.arena();
  const std::size_t used = writing_piece_ + (writing_offset_ == 0 ? 0 : 1);
  const std::size_t kept = writing_piece_;  // Those that are full, or all.
  std::vector<BodyPiece> pieces(pieces_.get(), pieces_.get() + used);
  void* chain_slot = nullptr;
  void* entry_slot = nullptr;
  if (cut_tail(pieces) && pieces.size() <= BodyChain::kMaxPieces) {
    chain_slot = store_.allocate(BodyChain::slot_bytes(pieces.size()), open_.key.hash);
    entry_slot =
        store_.allocate(MemoryEntry::chained_bytes(key_.size(), metadata_.size()), open_.key.hash);
  }
  if (chain_slot == nullptr || entry_slot == nullptr) {
    if (chain_slot != nullptr) arena.release(chain_slot);
    if (entry_slot != nullptr) arena.release(entry_slot);
    for (std::size_t i = kept; i < pieces.size(); ++i) arena.release(pieces[i].bytes);
    return nullptr;
  }
  owned_from_ = kept;
  return MemoryEntry::make(entry_slot, arena,
                           {.key = open_.key,
                            .metadata = metadata_,
                            .kind = kind_,
                            .body_bytes = size_.load(std::memory_order_relaxed),
                            .chain = BodyChain::make(chain_slot, arena, pieces)});
}

}  // namespace yatagarasu::cache
