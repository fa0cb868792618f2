#pragma once

#include "resilience/circuit_breaker.h"
#include "resilience/recent_count.h"

#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace yatagarasu::resilience {

// One circuit breaker for all who ask one origin, on whatever thread.
//
// The lock is held for a decision, never while anybody waits.
class SharedCircuitBreaker {
 public:
  // The right to make one call. Say how it went once; a permit that dies before (its client has
  // left) says nothing about the origin, and frees its place.
  //
  // Must not outlive the breaker. Threading: any thread, one at a time.
  class [[nodiscard]] Permit {
   public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&&) = delete;
    ~Permit();

    void succeeded(TimePoint now) &&;
    void failed(TimePoint now) &&;

   private:
    friend class SharedCircuitBreaker;
    Permit(SharedCircuitBreaker& breaker, CircuitBreaker::Era era)
        : breaker_(&breaker), era_(era) {}

    SharedCircuitBreaker* breaker_;  // Null once used up or moved from.
    CircuitBreaker::Era era_;
  };

  // Told when it has opened, again or not, and when it has closed: on whatever thread, in the order
  // of the changes. Must not block or call back.
  using OnChange = std::function<void(CircuitState state)>;

  explicit SharedCircuitBreaker(const CircuitBreakerOptions& options, OnChange on_change = {})
      : breaker_(options), on_change_(std::move(on_change)) {}
  SharedCircuitBreaker(const SharedCircuitBreaker&) = delete;
  SharedCircuitBreaker& operator=(const SharedCircuitBreaker&) = delete;

  // Empty when there may be no call now.
  std::optional<Permit> try_acquire(TimePoint now);
  CircuitBreaker::Status status(TimePoint now) const;

 private:
  using Verdict = void (CircuitBreaker::*)(CircuitBreaker::Era, TimePoint);
  void tell(Verdict verdict, CircuitBreaker::Era era, TimePoint now);

  mutable std::mutex mutex_;
  CircuitBreaker breaker_;
  OnChange on_change_;
};

}  // namespace yatagarasu::resilience
