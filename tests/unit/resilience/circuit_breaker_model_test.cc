#include "resilience/circuit_breaker.h"
#include "resilience/shared_circuit_breaker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <list>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace yatagarasu::resilience {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

// What the breaker is to do, said once more: whole histories in place of counters.
class Model {
 public:
  explicit Model(const CircuitBreakerOptions& options) : options_(options) {}

  std::optional<int> admit(TimePoint now) {
    settle(now);
    if (state_ == CircuitState::kOpen) return std::nullopt;
    if (state_ == CircuitState::kHalfOpen) {
      if (places_taken_ == options_.half_open_requests) return std::nullopt;
      ++places_taken_;
    }
    return span_;
  }

  enum class Verdict : std::uint8_t { kSuccess, kFailure, kNone };
  void end(int span, Verdict verdict, TimePoint now) {
    if (span != span_) return;
    if (state_ == CircuitState::kHalfOpen) {
      --places_taken_;
      if (verdict == Verdict::kSuccess && ++successes_ == options_.success_threshold) {
        begin(CircuitState::kClosed, now);
      }
      if (verdict == Verdict::kFailure) begin(CircuitState::kOpen, now);
      return;
    }
    if (verdict == Verdict::kNone) return;
    calls_.push_back({.at = now, .failed = verdict == Verdict::kFailure});
    if (verdict == Verdict::kFailure && is_failing(now)) begin(CircuitState::kOpen, now);
  }

  CircuitState state(TimePoint now) {
    settle(now);
    return state_;
  }

 private:
  struct Call {
    TimePoint at;
    bool failed;
  };

  void settle(TimePoint now) {
    if (state_ == CircuitState::kOpen && now >= began_ + options_.cooldown) {
      begin(CircuitState::kHalfOpen, now);
    }
  }

  void begin(CircuitState state, TimePoint now) {
    state_ = state;
    began_ = now;
    ++span_;
    places_taken_ = 0;
    successes_ = 0;
    calls_.clear();
  }

  bool is_failing(TimePoint now) const {
    std::uint32_t in_a_row = 0;
    while (in_a_row < calls_.size() && calls_[calls_.size() - 1 - in_a_row].failed) ++in_a_row;
    if (in_a_row >= options_.failure_threshold) return true;
    const auto is_recent = [now](const Call& call) { return now - call.at < 10s; };
    const auto calls = std::ranges::count_if(calls_, is_recent);
    const auto failures = std::ranges::count_if(
        calls_, [&](const Call& call) { return call.failed && is_recent(call); });
    return calls >= 20 && failures >= options_.failure_threshold && 2 * failures >= calls;
  }

  CircuitBreakerOptions options_;
  CircuitState state_ = CircuitState::kClosed;
  TimePoint began_{};
  int span_ = 0;
  std::uint32_t places_taken_ = 0;
  std::uint32_t successes_ = 0;
  std::vector<Call> calls_;
};

// Calls begin and end in any order, with any verdict or none.
class CircuitBreakerModelTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  struct Call {
    SharedCircuitBreaker::Permit permit;
    int span;
  };

  std::uint32_t random(std::uint32_t below) {
    return static_cast<std::uint32_t>(random_() % below);
  }

  CircuitBreakerOptions random_options() {
    return {.failure_threshold = 1 + random(8),
            .success_threshold = 1 + random(4),
            .cooldown = std::chrono::milliseconds(500 * (1 + random(10))),
            .half_open_requests = 1 + random(4)};
  }

  void begin_call() {
    std::optional<SharedCircuitBreaker::Permit> permit = breaker_.try_acquire(now_);
    const std::optional<int> span = model_.admit(now_);
    ASSERT_EQ(permit.has_value(), span.has_value());
    if (permit) calls_.push_back({.permit = std::move(*permit), .span = *span});
  }

  void end_call(Model::Verdict verdict) {
    if (calls_.empty()) return;
    const auto chosen =
        std::next(calls_.begin(), random(static_cast<std::uint32_t>(calls_.size())));
    Call call = std::move(*chosen);
    calls_.erase(chosen);
    model_.end(call.span, verdict, now_);
    switch (verdict) {
      case Model::Verdict::kSuccess: std::move(call.permit).succeeded(now_); break;
      case Model::Verdict::kFailure: std::move(call.permit).failed(now_); break;
      case Model::Verdict::kNone: break;
    }
  }

  std::mt19937 random_{GetParam()};
  CircuitBreakerOptions options_ = random_options();
  // Steps of RecentCount's own, so that the model needs to know nothing of them.
  TimePoint now_{1h};
  SharedCircuitBreaker breaker_{options_};
  Model model_{options_};
  std::list<Call> calls_;
};

TEST_P(CircuitBreakerModelTest, DoesWhatTheModelDoes) {
  const std::uint32_t failing_percent = random(101);
  for (int step = 0; step < 3'000; ++step) {
    const std::uint32_t dice = random(100);
    if (dice < 45) {
      begin_call();
    } else if (dice < 90) {
      const bool fails = random(100) < failing_percent;
      const bool is_abandoned = random(10) == 0;
      end_call(is_abandoned ? Model::Verdict::kNone
               : fails      ? Model::Verdict::kFailure
                            : Model::Verdict::kSuccess);
    } else {
      now_ += 500ms * (1 + random(3));
    }
    ASSERT_EQ(breaker_.status(now_).state, model_.state(now_)) << "step " << step;
  }

  // Nothing that happened has cost it a place.
  calls_.clear();
  while (breaker_.status(now_).state == CircuitState::kClosed) {
    breaker_.try_acquire(now_).value().failed(now_);
  }
  now_ += options_.cooldown;
  std::vector<SharedCircuitBreaker::Permit> permits;
  while (auto permit = breaker_.try_acquire(now_)) permits.push_back(std::move(*permit));
  EXPECT_EQ(permits.size(), options_.half_open_requests);
}

INSTANTIATE_TEST_SUITE_P(Seeds, CircuitBreakerModelTest, ::testing::Range(1U, 101U));

}  // namespace
}  // namespace yatagarasu::resilience
