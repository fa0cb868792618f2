#pragma once

#include "admin/process_state.h"
#include "s3/health.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::admin {

enum class Overall : std::uint8_t { kHealthy, kDegraded, kUnhealthy };

std::string_view name_of(s3::BucketState state);  // "up"
std::string_view name_of(Overall overall);        // "healthy"

// What the process says of its own health under one configuration. Reads state that others keep
// up to date, so an answer never waits for an origin.
//
// Threading: the readers from any thread; add() before the first of them.
class HealthBoard {
 public:
  // `process` outlives it; `generation`: how many configurations were loaded, this one counted.
  HealthBoard(const ProcessState& process, std::uint64_t generation)
      : process_(process), generation_(generation) {}

  // `health` outlives the board. `can_serve`: whether requests can be answered once the bucket is
  // up, from any thread; empty: yes.
  void add(std::string name, const s3::BucketHealth& health, std::function<bool()> can_serve = {});

  // Healthy while every bucket is up or not asked yet, degraded while some are down, unhealthy when
  // all are.
  Overall overall() const;
  // At least one bucket is known to be reachable and can serve, and no shutdown has begun.
  bool is_ready() const;
  // The body of /health.
  std::string to_json() const;

 private:
  struct Entry {
    std::string name;
    const s3::BucketHealth* health;
    std::function<bool()> can_serve;
  };

  const ProcessState& process_;
  std::uint64_t generation_;
  std::vector<Entry> buckets_;
};

}  // namespace yatagarasu::admin
