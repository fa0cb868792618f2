#pragma once

#include "admin/options.h"
#include "auth/jwt/options.h"
#include "config/problem.h"
#include "observability/options.h"
#include "proxy/options.h"
#include "server/options.h"

#include <optional>
#include <vector>

namespace yatagarasu::config {

// One configuration, validated: what a file says, with defaults filled in and variables replaced.
struct Snapshot {
  server::Options server;
  admin::Options admin;
  observability::LogOptions logging;
  proxy::CacheOptions cache;
  std::optional<auth::jwt::Options> jwt;  // For buckets without a block of their own, which get it.
  std::vector<proxy::BucketOptions> buckets;
  std::vector<Problem> warnings;
};

}  // namespace yatagarasu::config
