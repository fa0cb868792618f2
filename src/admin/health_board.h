#pragma once

#include "s3/health.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace yatagarasu::admin {

enum class Overall : std::uint8_t { kHealthy, kDegraded, kUnhealthy };

// What the process says of its own health. Reads state that others keep up to date, so an
// answer never waits for an origin.
//
// Threading: begin_shutdown() and the readers from any thread; add() before the first of them.
class HealthBoard {
 public:
  HealthBoard() : started_(std::chrono::steady_clock::now()) {}

  // `health` outlives the board. `can_serve`: whether requests can be answered once the bucket is
  // up, from any thread; empty: yes.
  void add(std::string name, const s3::BucketHealth& health, std::function<bool()> can_serve = {});

  // From now on the process is not ready, whatever its buckets are.
  void begin_shutdown() { is_shutting_down_.store(true); }

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

  std::chrono::steady_clock::time_point started_;
  std::atomic<bool> is_shutting_down_{false};
  std::vector<Entry> buckets_;
};

}  // namespace yatagarasu::admin
