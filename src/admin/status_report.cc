#include "admin/status_report.h"

#include "admin/health_board.h"
#include "admin/measured.h"
#include "admin/request_rates.h"
#include "admin/view.h"
#include "cache/tier.h"
#include "client/connection_pool.h"
#include "core/version.h"
#include "proxy/bucket_metrics.h"
#include "proxy/services.h"
#include "resilience/circuit_breaker.h"
#include "s3/health.h"
#include "server/connection_stats.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::admin {
namespace {

namespace json = boost::json;

// Two digits are as much as a rate of a minute can say.
double rounded(double rate) {
  return std::round(rate * 100) / 100;
}

std::string_view state_name(resilience::CircuitState state) {
  switch (state) {
    case resilience::CircuitState::kClosed: return "closed";
    case resilience::CircuitState::kHalfOpen: return "half_open";
    case resilience::CircuitState::kOpen: return "open";
  }
  return "";
}

json::object describe(const proxy::Bucket& bucket, const RequestRates& rates) {
  client::PoolCounters s3;
  for (const auto& client : bucket.upstream->clients) {
    const client::PoolCounters counters = client->connections();
    s3.idle += counters.idle;
    s3.in_use += counters.in_use;
    s3.waiting += counters.waiting;
  }
  const auto breaker =
      bucket.upstream->resilience->breaker.status(std::chrono::steady_clock::now());
  return {{"health", name_of(bucket.health().state())},
          {"circuit_breaker", state_name(breaker.state)},
          {"path_prefix", bucket.options.path_prefix},
          {"requests_per_second", rounded(rates.per_second(bucket.options.name))},
          {"s3_connections",
           {{"active", s3.in_use}, {"idle", s3.idle}, {"requests_waiting", s3.waiting}}}};
}

std::uint64_t total_of(const proxy::BucketMetrics& metrics) {
  std::uint64_t total = 0;
  for (const auto& loop : metrics.loops()) {
    loop->requests().for_each([&](std::uint32_t, std::uint64_t count) { total += count; });
    total += loop->requests().others();
  }
  return total;
}

}  // namespace

RequestRates::Totals count_requests(const proxy::Services& services) {
  RequestRates::Totals totals{{"", total_of(*services.unrouted)}};
  for (const auto& bucket : services.buckets) {
    totals[bucket->options.name] = total_of(*bucket->metrics);
  }
  return totals;
}

std::string report_status(const Measured& measured, const View& view,
                          const proxy::Services& services) {
  const auto uptime = std::chrono::steady_clock::now() - measured.process.started;
  std::uint64_t open = 0;
  std::uint64_t active = 0;
  for (const server::ConnectionStats* const stats : measured.connections) {
    open += stats->open.value();
    active += stats->active.value();
  }
  double rate = measured.rates.per_second("");
  json::object buckets;
  for (const auto& bucket : services.buckets) {
    rate += measured.rates.per_second(bucket->options.name);
    buckets[bucket->options.name] = describe(*bucket, measured.rates);
  }
  json::object report{
      {"status", name_of(view.health.overall())},
      {"ready", view.health.is_ready()},
      {"version", core::kVersion},
      {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
      {"config_generation", services.generation},
      {"connections", {{"open", open}, {"active", active}}},
      {"requests_in_flight", measured.requests.in_flight()},
      {"requests_per_second", rounded(rate)},
      {"buckets", std::move(buckets)}};
  if (services.cache != nullptr) {
    const cache::TierStats stats = services.cache->tier().stats();
    report["cache"] = {{"objects", stats.total.objects},
                       {"bytes", stats.total.bytes},
                       {"max_bytes", stats.max_bytes},
                       {"hits", stats.total.hits},
                       {"misses", stats.total.misses}};
  }
  return json::serialize(report) + "\n";
}

}  // namespace yatagarasu::admin
