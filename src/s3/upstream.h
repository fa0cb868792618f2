#pragma once

#include "io/tls_client.h"
#include "s3/client.h"
#include "s3/health.h"
#include "s3/prober.h"
#include "s3/resilience.h"
#include "s3/upstream_metrics.h"

#include <memory>
#include <vector>

namespace yatagarasu::s3 {

// One bucket's S3 as all loops ask for it: what is worth keeping when a reload leaves it as it is.
//
// Threading: each client belongs to its loop, there made and there destroyed; `health` is for all.
// Lifetime: outlives every answer of its clients.
struct Upstream {
  std::shared_ptr<UpstreamMetrics> metrics;
  std::shared_ptr<Resilience> resilience;
  std::unique_ptr<io::TlsClientContext> tls;     // Null: plain text.
  std::vector<std::unique_ptr<Client>> clients;  // By the loop's index; the control loop's is last.
  BucketHealth health;
  std::unique_ptr<Prober> prober;  // Of the control loop.
};

}  // namespace yatagarasu::s3
