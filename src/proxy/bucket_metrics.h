#pragma once

#include "cache/cache_status.h"
#include "core/cell.h"
#include "http/message.h"
#include "observability/histogram.h"
#include "observability/keyed_cells.h"
#include "proxy/cache_counters.h"
#include "proxy/rate_limits.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace yatagarasu::proxy {

enum class AuthResult : std::uint8_t { kSuccess, kMissing, kInvalid, kForbidden };
inline constexpr std::size_t kAuthResults = 4;

// What is counted of one bucket's requests, or of those that reach none. Outlives the
// configurations that name the bucket.
//
// Threading: each loop counts in a part of its own; anybody reads.
class BucketMetrics {
 public:
  using Histogram = observability::Histogram<observability::kRequestBounds>;

  // How long requests took that met the cache in one way.
  struct Times {
    Histogram first_byte;
    Histogram whole;
  };

  class OfLoop {
   public:
    // A request that has ended, whatever its end.
    struct Request {
      http::Method method;
      int status;
      std::optional<cache::Outcome> cache;  // Empty where it did not come so far.
      std::uint64_t body_bytes;
      std::chrono::microseconds first_byte;
      std::chrono::microseconds whole;
    };
    void count(const Request& request);
    void count(RateScope scope) { refused_[static_cast<std::size_t>(scope)].add(); }
    void count(AuthResult result) { auth_[static_cast<std::size_t>(result)].add(); }

    // By method and status: method * kStatuses + status.
    static constexpr std::uint32_t kStatuses = 1'000;
    const observability::KeyedCells<48>& requests() const { return requests_; }
    std::uint64_t response_bytes() const { return response_bytes_.value(); }
    std::uint64_t auth(AuthResult result) const {
      return auth_[static_cast<std::size_t>(result)].value();
    }
    std::uint64_t refused(RateScope scope) const {
      return refused_[static_cast<std::size_t>(scope)].value();
    }
    // By cache::Outcome, behind them that of requests that did not come so far; null while there
    // were none.
    static constexpr std::size_t kTimes = cache::kOutcomes + 1;
    const Times* times(std::size_t index) const {
      return times_[index].load(std::memory_order_acquire);
    }

   private:
    Times& times_of(const std::optional<cache::Outcome>& met);

    observability::KeyedCells<48> requests_;
    core::Cell response_bytes_;
    std::array<core::Cell, kAuthResults> auth_;
    std::array<core::Cell, kRateScopes> refused_;
    std::array<std::atomic<const Times*>, kTimes> times_{};
    std::array<std::unique_ptr<Times>, kTimes> owned_times_;
  };

  explicit BucketMetrics(std::size_t loops) : cache(loops) {
    for (std::size_t i = 0; i < loops; ++i) loops_.push_back(std::make_unique<OfLoop>());
  }

  OfLoop& of(std::size_t loop) { return *loops_[loop]; }
  const std::vector<std::unique_ptr<OfLoop>>& loops() const { return loops_; }

  CacheCounters cache;

 private:
  std::vector<std::unique_ptr<OfLoop>> loops_;
};

}  // namespace yatagarasu::proxy
