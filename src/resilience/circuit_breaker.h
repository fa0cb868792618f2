#pragma once

#include "resilience/recent_count.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace yatagarasu::resilience {

// Each at least 1.
struct CircuitBreakerOptions {
  std::uint32_t failure_threshold = 5;  // Failures in a row that open it.
  std::uint32_t success_threshold = 2;  // Successes while half-open that close it.
  std::chrono::milliseconds cooldown{10'000};
  std::uint32_t half_open_requests = 3;  // At the same time.

  friend bool operator==(const CircuitBreakerOptions&, const CircuitBreakerOptions&) = default;
};

enum class CircuitState : std::uint8_t { kClosed, kHalfOpen, kOpen };

// Stops asking an origin that keeps failing, and finds out with a few requests when it is back.
//
//   closed ---failures in a row, or half of all---> open ---cooldown---> half-open
//   half-open ---successes---> closed               half-open ---one failure---> open
//
// Each state that is entered has a number, and a verdict on a call that was admitted under
// another is old news: it changes nothing, and the slots of a half-open breaker are its own.
//
// Pure; one caller at a time. Who asks through it has a SharedCircuitBreaker.
class CircuitBreaker {
 public:
  // The second way to open, for an origin that fails every other request and so never many in a
  // row: this part of the calls of RecentCount::kWindow, where those are so many, and the failed
  // ones at least failure_threshold.
  static constexpr std::uint64_t kFailedPercent = 50;
  static constexpr std::uint64_t kFewestCalls = 20;

  using Era = std::uint64_t;  // The number of a state that was entered.
  struct Status {
    CircuitState state = CircuitState::kClosed;
    std::chrono::nanoseconds cooldown_left{0};  // Of kOpen.
  };

  explicit CircuitBreaker(const CircuitBreakerOptions& options) : options_(options) {}

  // Empty when there may be no call now. Else exactly one of the three below follows, with this
  // number.
  std::optional<Era> try_admit(TimePoint now);
  void succeeded(Era admitted_in, TimePoint now);
  void failed(Era admitted_in, TimePoint now);
  // The call said nothing about the origin: whoever wanted it has gone.
  void abandoned(Era admitted_in);

  // An open breaker is half-open once its cooldown is over, whether somebody asks or not.
  Status status(TimePoint now) const;

 private:
  void enter(CircuitState state);
  bool is_failing(TimePoint now);

  CircuitBreakerOptions options_;
  CircuitState state_ = CircuitState::kClosed;
  Era era_ = 0;
  std::uint32_t failures_in_a_row_ = 0;  // kClosed.
  RecentCount calls_;                    // kClosed: those with a verdict.
  RecentCount failures_;                 // kClosed.
  std::uint32_t calls_out_ = 0;          // kHalfOpen.
  std::uint32_t successes_ = 0;          // kHalfOpen.
  TimePoint open_until_{};               // kOpen.
};

}  // namespace yatagarasu::resilience
