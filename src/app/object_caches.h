#pragma once

#include "app/runtime.h"
#include "cache/bucket_ids.h"
#include "core/byte_count.h"
#include "observability/logger.h"
#include "proxy/object_cache.h"
#include "proxy/services.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace yatagarasu::app {

// The cache of the process, over all configurations: kept as long as its size stays the same.
//
// Threading: one thread, while the runtime runs. Lifetime: what it is given outlives it; end_all()
// before destruction.
class ObjectCaches {
 public:
  ObjectCaches(Runtime& runtime, observability::Logger& logger);

  std::shared_ptr<proxy::ObjectCache> get(core::ByteCount max_size);

  // The same over all configurations: an entry stays where it is found.
  cache::BucketIds& bucket_ids() { return bucket_ids_; }
  std::uint64_t hash_seed() const { return hash_seed_; }

  // Frees what the buckets of a configuration that has ended have stored, and those of the present
  // one do not find.
  void forget(const proxy::Services& ended, const proxy::Services& present);

  // Ends the fills and what else runs without a client.
  void stop_fills();
  // Ends those that nobody else holds.
  void sweep();
  void end_all();

 private:
  struct Kept {
    Kept(core::ByteCount max_size, Runtime& runtime, observability::Logger& logger);

    core::ByteCount max_size;
    proxy::ObjectCache cache;
  };

  void stop_fills(proxy::ObjectCache& cache);

  Runtime& runtime_;
  observability::Logger& logger_;
  cache::BucketIds bucket_ids_;
  std::uint64_t hash_seed_;
  std::vector<std::shared_ptr<Kept>> kept_;
};

}  // namespace yatagarasu::app
