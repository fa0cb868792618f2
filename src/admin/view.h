#pragma once

#include "admin/cache_admin.h"
#include "admin/health_board.h"
#include "admin/options.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::admin {

// One configuration as an operator meets it. Immutable once published.
struct View {
  Options options;
  bool has_health_endpoints = true;  // On the listener for traffic, too.
  HealthBoard health;
  std::unique_ptr<CacheAdmin> cache{};  // Null: nothing is cached.
  std::vector<std::string> buckets{};   // The names of all.
  // As YAML, secrets hidden.
  std::function<std::string()> configuration{};
  // What becomes of a URL, as the command `explain` prints it.
  std::function<std::string(const std::string& url, const std::optional<std::string>& token)>
      explain{};
};

}  // namespace yatagarasu::admin
