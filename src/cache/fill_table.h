#pragma once

#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/fill.h"
#include "cache/fill_reader.h"
#include "cache/lead.h"
#include "cache/purge_scope.h"
#include "cache/refusal_memory.h"
#include "cache/tier.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/task.h"

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <variant>

namespace yatagarasu::cache {

// The fills that a request may join, by key.
//
// Threading: any thread. Locks are taken in the order table, fill or tier; none is held longer
// than a lookup.
class FillTable {
 public:
  FillTable(Tier& tier, const CoalescerOptions& options) : tier_(tier), options_(options) {}

  io::Task<core::Result<Turn>> join(Coalescer::Request request, io::Loop& loop);
  std::optional<Lead> try_lead(const KeyRef& key, const EntryRef& known);
  void purge(const PurgeScope& scope);
  std::size_t running() const;

  Tier& tier() { return tier_; }
  // Later requests do not find this fill. Does nothing where it is not in the table.
  void remove(const Fill& fill);
  // The same, and for a while they do not wait for one another either.
  void refuse(const Fill& fill);
  // Removes what is stored under the fill's key: the origin has other bytes by now, which find no
  // room. Else that would be served as stale.
  void drop_stored(const Fill& fill);
  // A fill for another key in the place of this one; it is not stored where that key has a fill
  // already, or this one was purged.
  std::shared_ptr<Fill> move(const Fill& fill, const KeyRef& key);

 private:
  struct Part {
    mutable std::mutex mutex;
    // The keys' bytes lie in the fills.
    std::unordered_map<std::string_view, std::shared_ptr<Fill>> fills;
    RefusalMemory refusals;
  };

  using Entered = std::variant<Turn, std::unique_ptr<FillReader>>;
  Entered enter(const Coalescer::Request& request, io::Loop& loop);
  // Under the part's lock.
  Turn look_again_or_lead(Part& part, const KeyRef& key, const EntryRef& known);
  std::shared_ptr<Fill> make_fill(const KeyRef& key) const;

  // Enough that loops seldom wait for one another where every request is a miss.
  static constexpr std::size_t kParts = 16;
  Part& part_of(const KeyRef& key) { return parts_.at(key.hash % kParts); }

  Tier& tier_;
  CoalescerOptions options_;
  std::array<Part, kParts> parts_;
};

}  // namespace yatagarasu::cache
