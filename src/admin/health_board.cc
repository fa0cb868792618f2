#include "admin/health_board.h"

#include "core/version.h"
#include "s3/health.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::admin {

std::string_view name_of(s3::BucketState state) {
  switch (state) {
    case s3::BucketState::kUnknown: return "unknown";
    case s3::BucketState::kUp: return "up";
    case s3::BucketState::kDown: return "down";
  }
  return "unknown";
}

std::string_view name_of(Overall overall) {
  switch (overall) {
    case Overall::kHealthy: return "healthy";
    case Overall::kDegraded: return "degraded";
    case Overall::kUnhealthy: return "unhealthy";
  }
  return "unhealthy";
}

void HealthBoard::add(std::string name, const s3::BucketHealth& health,
                      std::function<bool()> can_serve) {
  buckets_.push_back({std::move(name), &health, std::move(can_serve)});
}

Overall HealthBoard::overall() const {
  const auto down = std::ranges::count_if(
      buckets_, [](const Entry& entry) { return entry.health->state() == s3::BucketState::kDown; });
  if (down == 0) return Overall::kHealthy;
  return std::cmp_equal(down, buckets_.size()) ? Overall::kUnhealthy : Overall::kDegraded;
}

bool HealthBoard::is_ready() const {
  if (process_.is_shutting_down.load()) return false;
  return std::ranges::any_of(buckets_, [](const Entry& entry) {
    return entry.health->state() == s3::BucketState::kUp && (!entry.can_serve || entry.can_serve());
  });
}

std::string HealthBoard::to_json() const {
  const auto uptime = std::chrono::steady_clock::now() - process_.started;
  boost::json::object buckets;
  for (const Entry& entry : buckets_) buckets[entry.name] = name_of(entry.health->state());
  boost::json::object root;
  root["status"] = name_of(overall());
  root["version"] = core::kVersion;
  root["uptime_seconds"] = std::chrono::duration_cast<std::chrono::seconds>(uptime).count();
  root["config_generation"] = generation_;
  root["buckets"] = std::move(buckets);
  return boost::json::serialize(root) + "\n";
}

}  // namespace yatagarasu::admin
