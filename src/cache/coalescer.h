#pragma once

#include "cache/body_guard.h"
#include "cache/entry.h"
#include "cache/fill_runner.h"
#include "cache/lead.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"
#include "core/result.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/task.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

namespace yatagarasu::cache {

class FillTable;

// A response on its way from the origin, as one of its readers gets it.
struct Shared {
  std::shared_ptr<const FillHead> head;
  // From the first byte, at the reader's pace. Its errors: the origin's or the guard's for a fill
  // that failed, kOverloaded for a reader that was cut because it held others up. Destroyed it
  // leaves the fill, which ends with its last reader.
  std::unique_ptr<io::ByteSource> body;
};

// Nobody's answer is to be waited for: the origin has to be asked, and what it says is neither
// stored nor shared. Either a fill has failed for this request before it sent anything, or the
// key's answers have lately turned out not to be storable.
struct Alone {};

// Look the key up again: a marker is stored under it by now, or what was being fetched has been
// purged.
struct LookAgain {};

// What a request that found nothing (fresh) in the cache is to do.
//   Lead      ask the origin for all
//   Shared    send what another request is getting
//   EntryRef  answer with this, which was stored or brought up to date meanwhile
using Turn = std::variant<Lead, Shared, EntryRef, Alone, LookAgain>;

struct CoalescerOptions {
  // How long a key is remembered whose answer could not be stored. Such requests go to S3 side by
  // side meanwhile, and one in each such time is waited for.
  std::chrono::milliseconds remember_refusal{5'000};
  // How long readers that are ahead wait for slow ones, where the body is not stored and so passes
  // through a window of bounded size. Then the slow ones are cut.
  std::chrono::milliseconds patience{2'000};
};

// One request to the origin per key at a time, whatever loop the clients are on.
//
//   asking --Lead::begin()--> filling --whole--> stored
//     |  ^                       | the body outgrows max_object_size
//     |  Lead destroyed:         v
//     |  the next waiter leads   passing through, with the readers it has
//     +--refuse(), fail()--> each waiter asks the origin itself
//
// Threading: join() and Lead on the loop that is given; purge() anywhere. Lifetime: outlives
// leads, readers and FillRunners, and the tier outlives it.
class Coalescer {
 public:
  Coalescer(Tier& tier, const CoalescerOptions& options);
  ~Coalescer();

  // `known`: what the caller found and may not use as it is; null for nothing. An error when the
  // deadline passes (kOriginTimeout).
  struct Request {
    KeyRef key;  // Its view is valid until the task completes.
    EntryRef known{};
    io::TimePoint deadline = io::kNever;
  };
  io::Task<core::Result<Turn>> join(Request request, io::Loop& loop);

  // The lead, where nobody has it and there is nothing newer than `known`: for one who has an
  // answer already and only wants it brought up to date. Never waits.
  std::optional<Lead> try_lead(const KeyRef& key, const EntryRef& known);

  // To be called before the tier's purge(): no later request shares what is being fetched now, and
  // it is not stored. The readers it has get it whole.
  void purge(const PurgeScope& scope);

  // Running fills and requests in flight, for statistics.
  std::size_t running() const;

 private:
  std::unique_ptr<FillTable> table_;
};

}  // namespace yatagarasu::cache
