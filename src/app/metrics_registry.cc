#include "app/metrics_registry.h"

#include "app/unshared.h"
#include "proxy/bucket_metrics.h"
#include "s3/upstream_metrics.h"

#include <memory>
#include <string>

namespace yatagarasu::app {

std::shared_ptr<proxy::BucketMetrics> MetricsRegistry::of_bucket(const std::string& name) {
  auto& metrics = buckets_[name];
  if (metrics == nullptr) metrics = std::make_shared<proxy::BucketMetrics>(loops_);
  return metrics;
}

std::shared_ptr<s3::UpstreamMetrics> MetricsRegistry::of_upstream(const std::string& name) {
  auto& metrics = upstreams_[name];
  if (metrics == nullptr) metrics = std::make_shared<s3::UpstreamMetrics>(loops_ + 1);
  return metrics;
}

void MetricsRegistry::sweep() {
  forget_unshared(buckets_);
  forget_unshared(upstreams_);
}

}  // namespace yatagarasu::app
