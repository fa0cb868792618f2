#include "resilience/shared_circuit_breaker.h"

#include "resilience/circuit_breaker.h"
#include "resilience/recent_count.h"

#include <mutex>
#include <optional>
#include <utility>

namespace yatagarasu::resilience {

SharedCircuitBreaker::Permit::Permit(Permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)), era_(other.era_) {}

SharedCircuitBreaker::Permit::~Permit() {
  if (breaker_ == nullptr) return;
  const std::lock_guard lock(breaker_->mutex_);
  breaker_->breaker_.abandoned(era_);
}

void SharedCircuitBreaker::Permit::succeeded(TimePoint now) && {
  std::exchange(breaker_, nullptr)->tell(&CircuitBreaker::succeeded, era_, now);
}

void SharedCircuitBreaker::Permit::failed(TimePoint now) && {
  std::exchange(breaker_, nullptr)->tell(&CircuitBreaker::failed, era_, now);
}

void SharedCircuitBreaker::tell(Verdict verdict, CircuitBreaker::Era era, TimePoint now) {
  const std::lock_guard lock(mutex_);
  const CircuitState before = breaker_.status(now).state;
  (breaker_.*verdict)(era, now);
  const CircuitState after = breaker_.status(now).state;
  if (after != before && after != CircuitState::kHalfOpen && on_change_) on_change_(after);
}

std::optional<SharedCircuitBreaker::Permit> SharedCircuitBreaker::try_acquire(TimePoint now) {
  const std::lock_guard lock(mutex_);
  const std::optional<CircuitBreaker::Era> era = breaker_.try_admit(now);
  if (!era) return std::nullopt;
  return Permit(*this, *era);
}

CircuitBreaker::Status SharedCircuitBreaker::status(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  return breaker_.status(now);
}

}  // namespace yatagarasu::resilience
