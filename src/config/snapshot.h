#pragma once

#include "observability/options.h"
#include "proxy/options.h"
#include "server/options.h"

#include <vector>

namespace yatagarasu::config {

// One configuration, validated: what a file says, with defaults filled in and variables replaced.
struct Snapshot {
  server::Options server;
  observability::LogOptions logging;
  std::vector<proxy::BucketOptions> buckets;
};

}  // namespace yatagarasu::config
