#pragma once

#include "auth/jwt/jwks_refresh_policy.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/waiter.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace yatagarasu::auth::jwt {

class KeySet;

// For metrics; what happened since the start.
struct JwksCounters {
  std::uint64_t fetches_ok = 0;  // "Unchanged" included.
  std::uint64_t fetches_failed = 0;
  std::optional<io::TimePoint>
      fetched_at;  // The last that succeeded; the keys' age counts from it.
};

// The keys of one JWK set URL as requests on all loops see them. JwksRefresher keeps them up to
// date.
//
// Threading: any thread; a lock is held for a look-up only. Ownership: shared by the refresher and
// by whoever verifies, who may outlive it and then sees the keys it left.
class JwksKeys {
 public:
  // A request waits no longer than this for a fetch: its client has a patience, too.
  static constexpr std::chrono::seconds kMaxWait{5};
  // Requests that wait at a time. Further ones are answered from the keys at hand.
  static constexpr std::size_t kMaxWaiting = 1'024;

  explicit JwksKeys(io::Duration refetch_cooldown) : cooldown_(refetch_cooldown) {}
  JwksKeys(const JwksKeys&) = delete;
  JwksKeys& operator=(const JwksKeys&) = delete;

  // Null until the first fetch has succeeded, and when stale keys have been given up.
  std::shared_ptr<const KeySet> current() const;
  // Grows with each change of current(). Costs a load: read it first, to see whether what is kept
  // from an earlier current() still holds.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  // Whether tokens can be verified: for readiness.
  bool is_loaded() const { return current() != nullptr; }
  JwksCounters counters() const;

  // For a token whose `kid` no key of current() has: fetches the set and returns what is current
  // then. Requests that come together share a fetch, also one that is under way for another reason.
  // Returns at once while the cool-down lasts and when nobody fetches any more.
  //
  // `loop` is the caller's; it outlives the refresher.
  io::Task<std::shared_ptr<const KeySet>> refetch_for_unknown_kid(io::Loop& loop,
                                                                  io::TimePoint deadline);

  // For the refresher: `wake` is called, on any thread and under the lock, when is_asked() has
  // become true; it must only post. The first fetch counts as asked for.
  void attach(std::function<void()> wake);
  // Nobody waits from here on; those who do are let go.
  void detach();
  bool is_asked() const;
  void fetch_began();
  // A null `keys` leaves them as they are.
  void fetch_succeeded(std::shared_ptr<const KeySet> keys, io::TimePoint now);
  void fetch_failed();
  // Whatever came of it: those who wait go on.
  void fetch_ended(io::TimePoint now);
  void give_up_keys();

 private:
  // A request that waits. Belongs to its loop, where alone the waiter is touched.
  struct Turn {
    explicit Turn(io::Loop& of) : loop(of), waiter(of) {}
    io::Loop& loop;
    io::Waiter waiter;
  };

  std::shared_ptr<Turn> take_turn(io::Loop& loop, io::TimePoint now);
  static void let_go(std::vector<std::shared_ptr<Turn>> turns);

  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_;
  JwksCounters counters_;
  RefetchCooldown cooldown_;
  std::function<void()> wake_;  // Empty: nobody fetches.
  std::vector<std::shared_ptr<Turn>> turns_;
  bool is_asked_ = false;
  bool is_fetching_ = false;
  bool is_for_unknown_kid_ = false;  // The fetch that is asked for or under way.
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace yatagarasu::auth::jwt
