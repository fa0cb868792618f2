#include "resilience/backoff.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace yatagarasu::resilience {

Backoff::Backoff(const BackoffOptions& options, Random random)
    : options_(options), random_(std::move(random)) {}

std::optional<std::chrono::nanoseconds> Backoff::before_retry(
    unsigned number, std::optional<std::chrono::seconds> retry_after) {
  const std::chrono::seconds wished = retry_after.value_or(std::chrono::seconds(0));
  if (wished > kLongestRetryAfter) return std::nullopt;
  // A number modulo one so small is as good as evenly spread.
  const auto values = static_cast<std::uint64_t>(bound(number).count()) + 1;
  return wished + std::chrono::nanoseconds(random_() % values);
}

std::chrono::nanoseconds Backoff::bound(unsigned number) const {
  std::chrono::nanoseconds bound = options_.initial;
  for (unsigned i = 0; i < number && bound < options_.max; ++i) bound *= 2;
  return std::min<std::chrono::nanoseconds>(bound, options_.max);
}

}  // namespace yatagarasu::resilience
