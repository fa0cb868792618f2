#include "auth/jwt/jwks_refresh_policy.h"

#include "io/task.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace yatagarasu::auth::jwt {
namespace {

constexpr double kIntervalJitter = 0.1;
constexpr double kRetryJitter = 0.5;

// Keeps sums with a point in time far from the end of the clock. Nobody means more.
constexpr io::Duration kLongestInterval = std::chrono::days(365);

io::Duration shortened(io::Duration wait, double by) {
  return std::chrono::duration_cast<io::Duration>(wait * (1 - by));
}

}  // namespace

JwksRefreshPolicy::JwksRefreshPolicy(const JwksRefreshOptions& options, Random random)
    : options_(options), random_(std::move(random)) {
  options_.refresh = std::min(options_.refresh, kLongestInterval);
}

io::Duration JwksRefreshPolicy::interval(std::optional<std::chrono::seconds> lifetime) const {
  const io::Duration usual = options_.refresh;
  if (!lifetime) return usual;
  const io::Duration shortest = std::min(usual, options_.shortest);
  return std::clamp<io::Duration>(*lifetime, shortest, usual * options_.longest_factor);
}

void JwksRefreshPolicy::succeeded(io::TimePoint now, std::optional<std::chrono::seconds> lifetime) {
  const io::Duration wait = interval(lifetime);
  failures_ = 0;
  next_fetch_ = now + shortened(wait, kIntervalJitter * random_());
  usable_until_ = now + wait + options_.max_stale;
}

void JwksRefreshPolicy::failed(io::TimePoint now) {
  io::Duration wait = options_.first_retry;
  for (unsigned i = 0; i < failures_ && wait < options_.last_retry; ++i) wait *= 2;
  ++failures_;
  next_fetch_ = now + shortened(std::min(wait, options_.last_retry), kRetryJitter * random_());
}

JwksRefreshPolicy::Keys JwksRefreshPolicy::review(io::TimePoint now) {
  if (!usable_until_) return Keys::kNone;
  if (now < *usable_until_ - options_.stale_warning) return Keys::kUsable;
  if (now < *usable_until_) return Keys::kEnding;
  usable_until_.reset();
  return Keys::kGivenUp;
}

bool RefetchCooldown::try_begin(io::TimePoint now) {
  if (now < until_) return false;
  until_ = now + duration_;
  return true;
}

}  // namespace yatagarasu::auth::jwt
