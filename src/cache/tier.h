#pragma once

#include "cache/entry.h"
#include "cache/purge_scope.h"
#include "core/result.h"
#include "io/task.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>
#include <vector>

namespace yatagarasu::cache {

// Why an entry did not come to be.
enum class NotStored : std::uint8_t {
  kTooLarge,  // More than the bucket's max_object_size, or a key or metadata beyond all measure.
  kNoSpace,   // What there is is in use: by running fills, or by transfers of evicted entries.
  kPurged,    // A purge came in between.
  kChanged,   // For replace(): the entry is no longer the stored one.
  kFailed,    // The tier's medium failed; it has been logged.
};

template <class T>
using Stored = std::expected<T, NotStored>;

// One entry being streamed in. Destroyed before the commit it leaves nothing behind.
//
// Threading: one caller at a time on any thread, but for gather().
class EntryWriter {
 public:
  virtual ~EntryWriter() = default;
  EntryWriter(const EntryWriter&) = delete;
  EntryWriter& operator=(const EntryWriter&) = delete;

  // Takes all of the bytes or none. What it refuses once it refuses for good, but what was taken
  // before stays readable.
  virtual Stored<void> append(std::string_view bytes) = 0;

  // As SharedBytes::gather(), of what has been appended, in place. From any thread, as long as
  // append() had returned for those bytes before; the bytes live as long as the writer or the
  // entry that it becomes.
  //
  // So that readers can follow a fill, every tier that is filled by one holds the entry in memory
  // until it is committed; slower tiers sit behind and are given committed entries.
  virtual std::size_t gather(std::uint64_t offset, std::span<iovec> parts) const = 0;

  // Makes the entry findable in place of an older one with its key, unless a purge has asked for
  // its removal since the writer was opened. To be called once, by one who knows that the body is
  // whole. try_commit() is empty where that takes waiting: then commit().
  virtual std::optional<Stored<EntryRef>> try_commit() = 0;
  virtual io::Task<Stored<EntryRef>> commit() = 0;

 protected:
  EntryWriter() = default;
};

// What is to be stored. The views live until open() returns.
struct WriteRequest {
  KeyRef key;
  std::string_view metadata;
  EntryKind kind = EntryKind::kResponse;
  // Known from the start, it is all allocated at once; else as it comes.
  std::optional<std::uint64_t> body_bytes{};
  std::uint64_t max_body_bytes = 0;  // The bucket's max_object_size.
};

struct Usage {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;  // With every overhead.
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
};

struct TierStats {
  std::string_view name{};  // "memory". Static.
  Usage total{};
  std::uint64_t max_bytes = 0;
  std::vector<Usage> buckets{};  // By BucketId; `bytes` is that of its entries.
};

// Where entries are kept. Each operation that may take waiting is a task; where a try_ function
// stands beside it that one is asked first, so that what is in memory costs no coroutine.
//
// Entries of different buckets differ in their keys (cache/key.h), so a tier needs no rule for
// their isolation; KeyRef::bucket is for purges and statistics.
//
// Failing looks like absence: find() then is a miss, a write kFailed.
//
// Threading: all of it from any thread. No lock is held longer than a lookup takes; purge() works
// in slices. Tasks resume on the loop that awaits them. Lifetime: outlives entries and writers.
class Tier {
 public:
  virtual ~Tier() = default;
  Tier(const Tier&) = delete;
  Tier& operator=(const Tier&) = delete;

  // The entry, or a null reference where there is none; an empty optional where only find() can
  // tell. Counts a hit or a miss, and the asking itself for the choice of what to keep.
  virtual std::optional<EntryRef> try_find(const KeyRef& key) = 0;
  virtual io::Task<EntryRef> find(KeyRef key) = 0;

  // As try_find(), for one who has asked already: counts nothing. Null where only find() can
  // tell.
  virtual EntryRef peek(const KeyRef& key) = 0;

  virtual Stored<std::unique_ptr<EntryWriter>> open(const WriteRequest& request) = 0;

  // The stored entry with other metadata and the same body, which is not copied when it is large;
  // kChanged unless `known` is what is stored under the key. For a 304.
  virtual std::optional<Stored<EntryRef>> try_replace(const KeyRef& key, const EntryRef& known,
                                                      std::string_view metadata) = 0;
  virtual io::Task<Stored<EntryRef>> replace(KeyRef key, EntryRef known, std::string metadata) = 0;

  // Removes `known` if it is what is stored under the key: it turned out to be of no use.
  virtual void remove(const KeyRef& key, const EntryRef& known) = 0;

  // Removes what is in the scope and keeps open writers in it from committing. The number of
  // responses removed. Once it returns nothing that was stored or being written when it was called
  // is found any more.
  virtual io::Task<core::Result<std::uint64_t>> purge(PurgeScope scope) = 0;

  virtual TierStats stats() const = 0;

 protected:
  Tier() = default;
};

}  // namespace yatagarasu::cache
