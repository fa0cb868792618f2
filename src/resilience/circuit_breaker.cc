#include "resilience/circuit_breaker.h"

#include "resilience/recent_count.h"

#include <cstdint>
#include <optional>

namespace yatagarasu::resilience {

std::optional<CircuitBreaker::Era> CircuitBreaker::try_admit(TimePoint now) {
  if (state_ == CircuitState::kClosed) return era_;
  if (state_ == CircuitState::kOpen) {
    if (now < open_until_) return std::nullopt;
    enter(CircuitState::kHalfOpen);
  }
  if (calls_out_ == options_.half_open_requests) return std::nullopt;
  ++calls_out_;
  return era_;
}

void CircuitBreaker::succeeded(Era admitted_in, TimePoint now) {
  if (admitted_in != era_) return;
  if (state_ == CircuitState::kClosed) {
    failures_in_a_row_ = 0;
    calls_.add(now);
    return;
  }
  --calls_out_;
  if (++successes_ >= options_.success_threshold) enter(CircuitState::kClosed);
}

void CircuitBreaker::failed(Era admitted_in, TimePoint now) {
  if (admitted_in != era_) return;
  if (state_ == CircuitState::kClosed) {
    ++failures_in_a_row_;
    calls_.add(now);
    failures_.add(now);
    if (!is_failing(now)) return;
  }
  enter(CircuitState::kOpen);
  open_until_ = now + options_.cooldown;
}

void CircuitBreaker::abandoned(Era admitted_in) {
  if (admitted_in == era_ && state_ == CircuitState::kHalfOpen) --calls_out_;
}

CircuitBreaker::Status CircuitBreaker::status(TimePoint now) const {
  if (state_ != CircuitState::kOpen) return {.state = state_};
  if (now >= open_until_) return {.state = CircuitState::kHalfOpen};
  return {.state = CircuitState::kOpen, .cooldown_left = open_until_ - now};
}

void CircuitBreaker::enter(CircuitState state) {
  state_ = state;
  ++era_;
  failures_in_a_row_ = 0;
  calls_ = {};
  failures_ = {};
  calls_out_ = 0;
  successes_ = 0;
}

bool CircuitBreaker::is_failing(TimePoint now) {
  if (failures_in_a_row_ >= options_.failure_threshold) return true;
  const std::uint64_t calls = calls_.value(now);
  const std::uint64_t failures = failures_.value(now);
  return calls >= kFewestCalls && failures >= options_.failure_threshold &&
         failures * 100 >= calls * kFailedPercent;
}

}  // namespace yatagarasu::resilience
