#pragma once

#include "app/metrics_registry.h"
#include "app/runtime.h"
#include "core/result.h"
#include "io/resolver.h"
#include "observability/logger.h"
#include "proxy/options.h"
#include "s3/upstream.h"

#include <memory>
#include <string>
#include <vector>

namespace yatagarasu::app {

// The buckets' S3 sides, over all configurations: one that a new configuration leaves as it was is
// kept with its connections, its health and whatever else it knows.
//
// Threading: one thread, while the runtime runs. Lifetime: what it is given outlives it; end_all()
// before destruction.
class Upstreams {
 public:
  // `resolvers`: by the loop's index.
  Upstreams(Runtime& runtime, const std::vector<std::unique_ptr<io::Resolver>>& resolvers,
            MetricsRegistry& metrics, observability::Logger& logger)
      : runtime_(runtime), resolvers_(resolvers), metrics_(metrics), logger_(logger) {}

  // The one for a bucket: that of an earlier configuration if nothing about it has changed, the
  // bytes of its authorities' file included. kConfiguration when it cannot be made.
  core::Result<std::shared_ptr<s3::Upstream>> get(const proxy::BucketOptions& bucket);

  // Probes those that are in use and not probed yet.
  void start_probing();

  // Ends those that only this holds.
  void sweep();
  void end_all();

 private:
  struct Kept {
    std::string name;  // Of the bucket.
    s3::Options options;
    std::string authorities;  // What the file held.
    s3::Upstream upstream;
  };

  static std::shared_ptr<s3::Upstream> shared(const std::shared_ptr<Kept>& kept);
  core::Result<void> make(Kept& kept);
  void end(const std::vector<std::shared_ptr<Kept>>& unused);

  Runtime& runtime_;
  const std::vector<std::unique_ptr<io::Resolver>>& resolvers_;
  MetricsRegistry& metrics_;
  observability::Logger& logger_;
  std::vector<std::shared_ptr<Kept>> kept_;
};

}  // namespace yatagarasu::app
