#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace yatagarasu::resilience {

struct BackoffOptions {
  std::chrono::milliseconds initial{50};  // The most to wait before the first retry.
  std::chrono::milliseconds max{1'000};   // And before any; at least `initial`.
};

// How long to wait before a retry: a random time between nothing and a bound that doubles with
// each ("full jitter"), so that those who failed together do not come back together.
//
// Pure, but for the random numbers it is given. One caller at a time.
class Backoff {
 public:
  using Random = std::function<std::uint64_t()>;  // Any 64 bits.

  // A client waits meanwhile: who wants us to stay away for longer is not asked again for it.
  static constexpr std::chrono::seconds kLongestRetryAfter{5};

  Backoff(const BackoffOptions& options, Random random);

  // Before the retry of that number, counted from 0. `retry_after` is what the server asked for
  // (RFC 9110 §10.2.3): it comes before the random time. Empty where that is too long.
  std::optional<std::chrono::nanoseconds> before_retry(
      unsigned number, std::optional<std::chrono::seconds> retry_after);

 private:
  std::chrono::nanoseconds bound(unsigned number) const;

  BackoffOptions options_;
  Random random_;
};

}  // namespace yatagarasu::resilience
