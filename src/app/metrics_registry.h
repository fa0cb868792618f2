#pragma once

#include "proxy/bucket_metrics.h"
#include "s3/upstream_metrics.h"

#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace yatagarasu::app {

// What is counted of each bucket, by its name, so that counters go on over reloads. That of a
// bucket that is gone for good is forgotten with its last user.
//
// Threading: one thread.
class MetricsRegistry {
 public:
  // `loops`: those for traffic.
  explicit MetricsRegistry(std::size_t loops)
      : loops_(loops), unrouted_(std::make_shared<proxy::BucketMetrics>(loops)) {}

  std::shared_ptr<proxy::BucketMetrics> of_bucket(const std::string& name);
  std::shared_ptr<s3::UpstreamMetrics> of_upstream(const std::string& name);
  const std::shared_ptr<proxy::BucketMetrics>& unrouted() const { return unrouted_; }

  void sweep();

 private:
  std::size_t loops_;
  std::shared_ptr<proxy::BucketMetrics> unrouted_;
  std::map<std::string, std::shared_ptr<proxy::BucketMetrics>> buckets_;
  std::map<std::string, std::shared_ptr<s3::UpstreamMetrics>> upstreams_;
};

}  // namespace yatagarasu::app
