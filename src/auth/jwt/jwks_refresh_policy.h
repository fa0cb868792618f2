#pragma once

#include "io/task.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace yatagarasu::auth::jwt {

struct JwksRefreshOptions {
  // Between two fetches that succeed (jwt.jwks_refresh); what the issuer announces moves it.
  io::Duration refresh = std::chrono::minutes(15);

  // An announced lifetime shortens `refresh` no further than to this, so that no issuer makes us
  // ask all the time...
  io::Duration shortest = std::chrono::minutes(1);
  // ...and lengthens it to so many times itself: a revoked key must not stay for a year.
  int longest_factor = 4;

  // After a failure: the wait doubles from the one to the other, so that an issuer that comes back
  // is noticed within half a minute and one that struggles is left alone.
  io::Duration first_retry = std::chrono::seconds(1);
  io::Duration last_retry = std::chrono::seconds(30);

  // Between two fetches for an unknown `kid`, end to begin. Strangers can cause so many; and who
  // gets a key that was not announced before waits so long at most.
  io::Duration refetch_cooldown = std::chrono::seconds(10);

  // How long keys are used after they should have been refreshed: over a night and the working day
  // after it. Longer, and one who can keep us from the issuer keeps revoked keys alive.
  io::Duration max_stale = std::chrono::hours(24);
  // How long before the end of it to cry for help.
  io::Duration stale_warning = std::chrono::hours(1);
};

// When a JWK set is fetched, and for how long its keys are used without.
//
//   fetched --interval--> due --max_stale--> given up; stale_warning before that: ending
//
// Jitter shortens an interval by up to a tenth and a retry by up to a half: proxies that were
// started, or lost the issuer, together do not ask together, and nothing comes later than said.
//
// Pure: time and chance are arguments. Threading: not thread-safe.
class JwksRefreshPolicy {
 public:
  // Uniform in [0, 1).
  using Random = std::function<double()>;

  JwksRefreshPolicy(const JwksRefreshOptions& options, Random random);

  // `lifetime`: what the issuer announces. After an answer that says "unchanged", too.
  void succeeded(io::TimePoint now, std::optional<std::chrono::seconds> lifetime);
  void failed(io::TimePoint now);

  // At once, before the first report.
  io::TimePoint next_fetch() const { return next_fetch_; }

  enum class Keys : std::uint8_t {
    kNone,     // Never fetched, or given up.
    kUsable,   // Fresh, or stale for not too long.
    kEnding,   // Given up soon.
    kGivenUp,  // From now on.
  };
  // What to do about the keys; kGivenUp once, then kNone.
  Keys review(io::TimePoint now);

 private:
  io::Duration interval(std::optional<std::chrono::seconds> lifetime) const;

  JwksRefreshOptions options_;
  Random random_;
  io::TimePoint next_fetch_ = io::TimePoint::min();
  std::optional<io::TimePoint> usable_until_;
  unsigned failures_ = 0;  // Since the last success.
};

// Who may have the set fetched for a `kid` that no known key has. The fetch at start does not pass
// here and so does not count.
//
// Pure. Threading: not thread-safe.
class RefetchCooldown {
 public:
  explicit RefetchCooldown(io::Duration duration) : duration_(duration) {}

  // Whether a fetch may begin; if so, none may until the cool-down has passed.
  bool try_begin(io::TimePoint now);
  // The fetch has ended: the cool-down counts from here, else a slow issuer would be asked on end.
  void ended(io::TimePoint now) { until_ = now + duration_; }

 private:
  io::Duration duration_;
  io::TimePoint until_ = io::TimePoint::min();
};

}  // namespace yatagarasu::auth::jwt
