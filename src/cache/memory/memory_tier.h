#pragma once

#include "cache/entry.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"
#include "core/byte_count.h"
#include "core/result.h"
#include "io/task.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::cache {

class MemoryStore;

struct MemoryTierOptions {
  core::ByteCount max_size = core::mib(256);
  // Threads that ask at the same time; decides the number of shards.
  unsigned threads = 1;
};

// Entries in the memory of this process.
//
// All of it lies in one mapping of max_size, of which only what is used has pages, and which
// entries share in slots of graded sizes (memory/arena.h): what is held is known exactly, and a
// change in the mix of sizes cannot make it grow. When there is no slot the entries that are asked
// for least go (memory/eviction.h), and at last all of the chunk that holds the least.
//
// A hit takes one shard's lock for a table lookup, and no allocation.
class MemoryTier final : public Tier {
 public:
  // Throws std::bad_alloc where the mapping is refused.
  explicit MemoryTier(const MemoryTierOptions& options);
  ~MemoryTier() override;

  std::optional<EntryRef> try_find(const KeyRef& key) override;
  io::Task<EntryRef> find(KeyRef key) override;
  EntryRef peek(const KeyRef& key) override;
  Stored<std::unique_ptr<EntryWriter>> open(const WriteRequest& request) override;
  std::optional<Stored<EntryRef>> try_replace(const KeyRef& key, const EntryRef& known,
                                              std::string_view metadata) override;
  io::Task<Stored<EntryRef>> replace(KeyRef key, EntryRef known, std::string metadata) override;
  void remove(const KeyRef& key, const EntryRef& known) override;
  io::Task<core::Result<std::uint64_t>> purge(PurgeScope scope) override;
  TierStats stats() const override;

 private:
  std::unique_ptr<MemoryStore> store_;
};

}  // namespace yatagarasu::cache
