#include "admin/metrics_report.h"

#include "admin/loop_monitor.h"
#include "admin/measured.h"
#include "admin/process_usage.h"
#include "cache/cache_status.h"
#include "cache/tier.h"
#include "client/connection_pool.h"
#include "core/ascii.h"
#include "core/build_info.h"
#include "core/version.h"
#include "http/codec/h2_abuse.h"
#include "observability/histogram.h"
#include "observability/metrics_page.h"
#include "proxy/bucket_metrics.h"
#include "proxy/cache_counters.h"
#include "proxy/rate_limits.h"
#include "proxy/services.h"
#include "s3/request.h"
#include "s3/upstream_metrics.h"
#include "server/connection_stats.h"
#include "server/http2_abuses.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::admin {
namespace {

using observability::HistogramCounts;
using observability::kRequestBounds;
using observability::MetricsPage;
using proxy::BucketMetrics;
using OfLoop = proxy::BucketMetrics::OfLoop;
using S3OfLoop = s3::UpstreamMetrics::OfLoop;
using Counts = HistogramCounts<kRequestBounds.size()>;
using ByKey = std::map<std::uint32_t, std::uint64_t>;

// What shares a place because there were too many of a kind.
constexpr std::string_view kOthers = "other";

constexpr std::array<std::string_view, 4> kMethods = {"GET", "HEAD", "OPTIONS", kOthers};

// One bucket's, or of the requests that reach none, whose bucket and route are empty.
struct Counted {
  std::string_view bucket;
  std::string_view route;
  const BucketMetrics& metrics;
};

std::vector<Counted> all_counted(const proxy::Services& services) {
  std::vector<Counted> counted{{.bucket = "", .route = "", .metrics = *services.unrouted}};
  for (const auto& bucket : services.buckets) {
    counted.push_back({.bucket = bucket->options.name,
                       .route = bucket->options.path_prefix,
                       .metrics = *bucket->metrics});
  }
  return counted;
}

template <class Loops, class Cells>
std::pair<ByKey, std::uint64_t> sum_of(const Loops& loops, Cells cells) {
  std::pair<ByKey, std::uint64_t> sum;
  for (const auto& loop : loops) {
    cells(*loop).for_each([&](std::uint32_t key, std::uint64_t count) { sum.first[key] += count; });
    sum.second += cells(*loop).others();
  }
  return sum;
}

void add_requests(MetricsPage& page, const std::vector<Counted>& counted) {
  page.counter("yatagarasu_http_requests_total", "Requests that have ended, by the status sent.");
  for (const auto& [bucket, route, metrics] : counted) {
    const auto [by_key, others] =
        sum_of(metrics.loops(), [](const OfLoop& loop) -> auto& { return loop.requests(); });
    for (const auto& [key, count] : by_key) {
      page.value({{"bucket", bucket},
                  {"route", route},
                  {"method", kMethods.at(key / OfLoop::kStatuses)},
                  {"status", std::to_string(key % OfLoop::kStatuses)}},
                 count);
    }
    if (others == 0) continue;
    page.value({{"bucket", bucket}, {"route", route}, {"method", kOthers}, {"status", kOthers}},
               others);
  }
}

std::string cache_label(std::size_t index) {
  if (index == cache::kOutcomes) return "none";
  return core::to_lower(cache::x_cache_value(static_cast<cache::Outcome>(index)));
}

template <class Member>
void add_times(MetricsPage& page, const std::vector<Counted>& counted, Member member) {
  for (const Counted& each : counted) {
    for (std::size_t index = 0; index < OfLoop::kTimes; ++index) {
      Counts sum;
      bool has_any = false;
      for (const auto& loop : each.metrics.loops()) {
        const BucketMetrics::Times* const times = loop->times(index);
        if (times == nullptr) continue;
        (times->*member).add_to(sum);
        has_any = true;
      }
      if (!has_any) continue;
      page.value({{"bucket", each.bucket}, {"cache", cache_label(index)}}, kRequestBounds, sum);
    }
  }
}

void add_http(MetricsPage& page, const Measured& measured, const std::vector<Counted>& counted) {
  add_requests(page, counted);
  page.histogram("yatagarasu_http_request_duration_seconds",
                 "From a request's first byte to the end of its answer, by what the cache did.");
  add_times(page, counted, &BucketMetrics::Times::whole);
  page.histogram("yatagarasu_http_time_to_first_byte_seconds",
                 "From a request's first byte to the first byte of its answer.");
  add_times(page, counted, &BucketMetrics::Times::first_byte);
  page.gauge("yatagarasu_http_requests_in_flight", "Requests being worked on.");
  page.value({}, std::uint64_t{measured.requests.in_flight()});
  page.counter("yatagarasu_http_response_bytes_total", "Bytes of bodies sent to clients.");
  for (const Counted& each : counted) {
    std::uint64_t bytes = 0;
    for (const auto& loop : each.metrics.loops()) bytes += loop->response_bytes();
    page.value({{"bucket", each.bucket}}, bytes);
  }
}

void add_connections(MetricsPage& page, const Measured& measured) {
  std::uint64_t open = 0;
  std::uint64_t active = 0;
  std::uint64_t http1 = 0;
  std::uint64_t http2 = 0;
  std::uint64_t silent = 0;
  for (const server::ConnectionStats* const stats : measured.connections) {
    open += stats->open.value();
    active += stats->active.value();
    http1 += stats->http1.value();
    http2 += stats->http2.value();
    silent += stats->silent.value();
  }
  page.gauge("yatagarasu_http_connections", "Open client connections.");
  page.value({{"state", "active"}}, active);
  // The two are read one after the other.
  page.value({{"state", "idle"}}, open < active ? 0 : open - active);
  page.counter("yatagarasu_http_connections_total",
               "Client connections by what was spoken; none: those that never asked.");
  page.value({{"protocol", "http/1"}}, http1);
  page.value({{"protocol", "http/2"}}, http2);
  page.value({{"protocol", "none"}}, silent);
}

void add_http2_abuses(MetricsPage& page, const server::Http2Abuses& abuses) {
  page.counter("yatagarasu_http2_abuses_total",
               "HTTP/2 connections and streams that were cut off, by what the client did.");
  for (std::size_t index = 0; index < abuses.counts.size(); ++index) {
    page.value({{"kind", http::name_of(static_cast<http::H2Abuse>(index))}},
               abuses.counts[index].load(std::memory_order_relaxed));
  }
}

void add_auth(MetricsPage& page, const proxy::Services& services) {
  constexpr std::array<std::string_view, proxy::kAuthResults> kResults = {"success", "missing",
                                                                          "invalid", "forbidden"};
  page.counter("yatagarasu_auth_requests_total", "Decisions on tokens.");
  for (const auto& bucket : services.buckets) {
    if (bucket->authenticator == nullptr) continue;
    for (std::size_t index = 0; index < kResults.size(); ++index) {
      std::uint64_t count = 0;
      for (const auto& loop : bucket->metrics->loops()) {
        count += loop->auth(static_cast<proxy::AuthResult>(index));
      }
      page.value({{"bucket", bucket->options.name}, {"result", kResults.at(index)}}, count);
    }
  }
}

void add_rate_limits(MetricsPage& page, const std::vector<Counted>& counted) {
  page.counter("yatagarasu_rate_limited_total", "Requests refused by a rate limit.");
  for (const Counted& each : counted) {
    for (std::size_t index = 0; index < proxy::kRateScopes; ++index) {
      const auto scope = static_cast<proxy::RateScope>(index);
      std::uint64_t count = 0;
      for (const auto& loop : each.metrics.loops()) count += loop->refused(scope);
      if (each.bucket.empty() && scope == proxy::RateScope::kBucket) continue;
      page.value({{"bucket", each.bucket}, {"scope", name_of(scope)}}, count);
    }
  }
}

void add_s3_requests(MetricsPage& page, const proxy::Services& services) {
  page.counter("yatagarasu_s3_requests_total",
               "Requests to S3, each attempt counted, by the status answered; 0: none was.");
  for (const auto& bucket : services.buckets) {
    const auto [by_key, others] =
        sum_of(bucket->upstream->metrics->loops(),
               [](const S3OfLoop& loop) -> auto& { return loop.requests; });
    for (const auto& [key, count] : by_key) {
      const auto operation = static_cast<s3::Operation>(key / S3OfLoop::kStatuses);
      page.value({{"bucket", bucket->options.name},
                  {"operation", s3::name_of(operation)},
                  {"status", std::to_string(key % S3OfLoop::kStatuses)}},
                 count);
    }
    if (others == 0) continue;
    page.value({{"bucket", bucket->options.name}, {"operation", kOthers}, {"status", kOthers}},
               others);
  }
}

void add_s3_errors(MetricsPage& page, const proxy::Services& services) {
  page.counter("yatagarasu_s3_errors_total",
               "Failed requests to S3 by its error code, or by what kept it from answering.");
  for (const auto& bucket : services.buckets) {
    auto [by_key, others] = sum_of(bucket->upstream->metrics->loops(),
                                   [](const S3OfLoop& loop) -> auto& { return loop.errors; });
    const auto& codes = s3::UpstreamMetrics::codes();
    for (const auto& [key, count] : by_key) {
      if (key >= codes.size()) {
        others += count;
      } else {
        page.value({{"bucket", bucket->options.name}, {"code", codes[key]}}, count);
      }
    }
    if (others > 0) page.value({{"bucket", bucket->options.name}, {"code", kOthers}}, others);
  }
}

void add_s3_times(MetricsPage& page, const proxy::Services& services) {
  page.histogram("yatagarasu_s3_request_duration_seconds",
                 "From a request to S3 to the end of its answer's head.");
  for (const auto& bucket : services.buckets) {
    for (std::size_t index = 0; index < s3::kOperations; ++index) {
      Counts sum;
      for (const auto& loop : bucket->upstream->metrics->loops()) {
        loop->durations.at(index).add_to(sum);
      }
      page.value({{"bucket", bucket->options.name},
                  {"operation", s3::name_of(static_cast<s3::Operation>(index))}},
                 kRequestBounds, sum);
    }
  }
}

void add_s3_connections(MetricsPage& page, const proxy::Services& services) {
  page.counter("yatagarasu_s3_retries_total", "Requests to S3 that were sent once more.");
  for (const auto& bucket : services.buckets) {
    std::uint64_t retries = 0;
    for (const auto& loop : bucket->upstream->metrics->loops()) retries += loop->retries.value();
    page.value({{"bucket", bucket->options.name}}, retries);
  }
  page.gauge("yatagarasu_circuit_breaker_state", "0: closed, 1: half-open, 2: open.");
  const auto now = std::chrono::steady_clock::now();
  for (const auto& bucket : services.buckets) {
    const auto status = bucket->upstream->resilience->breaker.status(now);
    page.value({{"bucket", bucket->options.name}}, static_cast<std::uint64_t>(status.state));
  }
  std::vector<std::pair<std::string_view, client::PoolCounters>> pools;
  for (const auto& bucket : services.buckets) {
    client::PoolCounters sum;
    for (const auto& client : bucket->upstream->clients) {
      const client::PoolCounters counters = client->connections();
      sum.opened += counters.opened;
      sum.idle += counters.idle;
      sum.in_use += counters.in_use;
    }
    pools.emplace_back(bucket->options.name, sum);
  }
  page.gauge("yatagarasu_s3_connections", "Connections to S3.");
  for (const auto& [name, sum] : pools) {
    page.value({{"bucket", name}, {"state", "active"}}, std::uint64_t{sum.in_use});
    page.value({{"bucket", name}, {"state", "idle"}}, std::uint64_t{sum.idle});
  }
  page.counter("yatagarasu_s3_connections_opened_total", "Connections opened to S3.");
  for (const auto& [name, sum] : pools) page.value({{"bucket", name}}, sum.opened);
}

void add_cache(MetricsPage& page, const proxy::Services& services) {
  page.counter("yatagarasu_cache_requests_total",
               "Requests by what the cache did; coalesced ones shared another's request to S3.");
  for (const auto& bucket : services.buckets) {
    const proxy::CacheCounters::Sums sums = bucket->metrics->cache.sums();
    for (std::size_t index = 0; index < cache::kOutcomes; ++index) {
      page.value({{"bucket", bucket->options.name}, {"result", cache_label(index)}},
                 sums.by_outcome.at(index));
    }
    page.value({{"bucket", bucket->options.name}, {"result", "coalesced"}}, sums.collapsed);
  }
  if (services.cache == nullptr) return;
  const cache::TierStats stats = services.cache->tier().stats();
  page.gauge("yatagarasu_cache_bytes", "Bytes that the cache holds, overheads counted.");
  page.value({{"tier", stats.name}}, stats.total.bytes);
  page.gauge("yatagarasu_cache_objects", "Objects that the cache holds.");
  page.value({{"tier", stats.name}}, stats.total.objects);
  page.counter("yatagarasu_cache_evictions_total", "Objects that gave way to others.");
  page.value({{"tier", stats.name}}, stats.total.evictions);
}

void add_configuration(MetricsPage& page, const Measured& measured,
                       const proxy::Services& services) {
  page.counter("yatagarasu_config_reloads_total", "Reloads of the configuration.");
  page.value({{"result", "ok"}}, measured.process.reloads_done.value());
  page.value({{"result", "error"}}, measured.process.reloads_failed.value());
  page.gauge("yatagarasu_config_generation", "Configurations loaded so far.");
  page.value({}, services.generation);
  page.gauge("yatagarasu_config_last_reload_timestamp_seconds",
             "When the configuration in force was loaded.");
  page.value({}, measured.process.loaded_at.value());
  page.gauge("yatagarasu_build_info", "What was built, and how.");
  page.value(
      {{"version", core::kVersion}, {"commit", core::kCommit}, {"compiler", core::kCompiler}},
      std::uint64_t{1});
}

void add_loops(MetricsPage& page, const Measured& measured) {
  page.counter("yatagarasu_log_lines_dropped_total", "Log lines that found no room.");
  page.value({}, measured.log_lines_dropped());
  page.histogram("yatagarasu_event_loop_lag_seconds",
                 "How long an event loop takes to get to new work.");
  for (std::size_t index = 0; index < measured.loops.loops(); ++index) {
    HistogramCounts<LoopMonitor::kLagBounds.size()> sum;
    measured.loops.lag(index).add_to(sum);
    page.value({{"worker", std::to_string(index)}}, LoopMonitor::kLagBounds, sum);
  }
  page.gauge("yatagarasu_worker_tasks", "Connections and background tasks of an event loop.");
  for (std::size_t index = 0; index < measured.loops.loops(); ++index) {
    page.value({{"worker", std::to_string(index)}}, measured.loops.tasks(index));
  }
}

void add_process(MetricsPage& page) {
  const ProcessUsage usage = process_usage();
  page.counter("process_cpu_seconds_total", "CPU time of the process.");
  page.value({}, usage.cpu_seconds);
  page.gauge("process_resident_memory_bytes", "Resident memory.");
  page.value({}, usage.resident_bytes);
  page.gauge("process_virtual_memory_bytes", "Virtual memory.");
  page.value({}, usage.virtual_bytes);
  page.gauge("process_open_fds", "Open file descriptors.");
  page.value({}, usage.open_descriptors);
  page.gauge("process_max_fds", "The limit of open file descriptors.");
  page.value({}, usage.max_descriptors);
  page.gauge("process_start_time_seconds", "When the process was started.");
  page.value({}, usage.started_at);
}

}  // namespace

std::string report_metrics(const Measured& measured, const proxy::Services& services) {
  MetricsPage page;
  const std::vector<Counted> counted = all_counted(services);
  add_http(page, measured, counted);
  add_connections(page, measured);
  add_http2_abuses(page, measured.http2_abuses);
  add_auth(page, services);
  add_rate_limits(page, counted);
  add_s3_requests(page, services);
  add_s3_errors(page, services);
  add_s3_times(page, services);
  add_s3_connections(page, services);
  add_cache(page, services);
  add_configuration(page, measured, services);
  add_loops(page, measured);
  add_process(page);
  return std::move(page).take();
}

}  // namespace yatagarasu::admin
