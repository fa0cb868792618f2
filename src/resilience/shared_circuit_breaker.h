#pragma once

#include "resilience/circuit_breaker.h"
#include "resilience/recent_count.h"

#include <mutex>
#include <optional>

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

  explicit SharedCircuitBreaker(const CircuitBreakerOptions& options) : breaker_(options) {}
  SharedCircuitBreaker(const SharedCircuitBreaker&) = delete;
  SharedCircuitBreaker& operator=(const SharedCircuitBreaker&) = delete;

  // Empty when there may be no call now.
  std::optional<Permit> try_acquire(TimePoint now);
  CircuitBreaker::Status status(TimePoint now) const;

 private:
  mutable std::mutex mutex_;
  CircuitBreaker breaker_;
};

}  // namespace yatagarasu::resilience
