#include "app/metrics_registry.h"

#include "proxy/bucket_metrics.h"
#include "s3/upstream_metrics.h"

#include <iterator>
#include <map>
#include <memory>
#include <string>

namespace yatagarasu::app {
namespace {

template <class Metrics>
void forget_unused(std::map<std::string, std::shared_ptr<Metrics>>& metrics) {
  for (auto each = metrics.begin(); each != metrics.end();) {
    each = each->second.use_count() == 1 ? metrics.erase(each) : std::next(each);
  }
}

}  // namespace

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
  forget_unused(buckets_);
  forget_unused(upstreams_);
}

}  // namespace yatagarasu::app
