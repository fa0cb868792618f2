#include "app/metrics_registry.h"

#include "proxy/bucket_metrics.h"
#include "s3/upstream_metrics.h"

#include <map>
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
  std::erase_if(buckets_, [](const auto& each) { return each.second.use_count() == 1; });
  std::erase_if(upstreams_, [](const auto& each) { return each.second.use_count() == 1; });
}

}  // namespace yatagarasu::app
