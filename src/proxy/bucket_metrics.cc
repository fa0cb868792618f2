#include "proxy/bucket_metrics.h"

#include "cache/cache_status.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace yatagarasu::proxy {

void BucketMetrics::OfLoop::count(const Request& request) {
  const auto method = static_cast<std::uint32_t>(request.method);
  requests_.add(method * kStatuses + static_cast<std::uint32_t>(request.status) % kStatuses);
  response_bytes_.add(request.body_bytes);
  Times& times = times_of(request.cache);
  times.first_byte.record(request.first_byte);
  times.whole.record(request.whole);
}

BucketMetrics::Times& BucketMetrics::OfLoop::times_of(const std::optional<cache::Outcome>& met) {
  const std::size_t index = met ? static_cast<std::size_t>(*met) : cache::kOutcomes;
  std::unique_ptr<Times>& times = owned_times_.at(index);
  if (times == nullptr) {
    times = std::make_unique<Times>();
    times_.at(index).store(times.get(), std::memory_order_release);
  }
  return *times;
}

}  // namespace yatagarasu::proxy
