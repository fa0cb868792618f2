#include "app/object_caches.h"

#include "app/runtime.h"
#include "app/unshared.h"
#include "cache/key.h"
#include "cache/purge_scope.h"
#include "core/byte_count.h"
#include "core/result.h"
#include "crypto/random.h"
#include "observability/logger.h"
#include "proxy/object_cache.h"
#include "proxy/services.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::app {
namespace {

// Of this process alone: clients choose keys, and must not be able to choose colliding ones.
std::uint64_t random_seed() {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  crypto::random_bytes(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

bool finds(const proxy::Services& services, const cache::KeySpace& space) {
  return std::ranges::any_of(services.buckets, [&](const auto& bucket) {
    return bucket->cache && bucket->cache->space().bytes() == space.bytes();
  });
}

}  // namespace

ObjectCaches::Kept::Kept(core::ByteCount size, Runtime& runtime, observability::Logger& logger)
    : max_size(size), cache(size, runtime.loops(), [&logger](const std::exception_ptr& error) {
        logger.error("cache", {{"reason", describe(error)}});
      }) {}

ObjectCaches::ObjectCaches(Runtime& runtime, observability::Logger& logger)
    : runtime_(runtime), logger_(logger), hash_seed_(random_seed()) {}

std::shared_ptr<proxy::ObjectCache> ObjectCaches::get(core::ByteCount max_size) {
  if (max_size.bytes == 0) return nullptr;
  auto kept = std::ranges::find_if(
      kept_, [&](const auto& each) { return each->max_size.bytes == max_size.bytes; });
  if (kept == kept_.end()) {
    kept = kept_.insert(kept_.end(), std::make_shared<Kept>(max_size, runtime_, logger_));
  }
  return {*kept, &(*kept)->cache};
}

void ObjectCaches::forget(const proxy::Services& ended, const proxy::Services& present) {
  if (ended.cache == nullptr || ended.cache != present.cache) return;
  for (const auto& bucket : ended.buckets) {
    const std::optional<proxy::BucketCache>& cached = bucket->cache;
    if (!cached || finds(present, cached->space())) continue;
    auto scope = cache::PurgeScope::of_prefix(cached->space().prefix_of_keys(""));
    const core::Result<std::uint64_t> purged =
        Runtime::run_task(runtime_.control(), ended.cache->tier().purge(std::move(scope)));
    if (!purged) logger_.warn("cache", {{"reason", purged.error().detail}});
  }
}

void ObjectCaches::stop_fills() {
  for (const auto& kept : kept_) stop_fills(kept->cache);
}

void ObjectCaches::sweep() {
  for (const auto& kept : take_unshared(kept_)) stop_fills(kept->cache);
}

void ObjectCaches::end_all() {
  stop_fills();
  kept_.clear();
}

void ObjectCaches::stop_fills(proxy::ObjectCache& cache) {
  for (const auto& loop : runtime_.loops()) {
    Runtime::end_on(
        *loop, [&] { cache.request_stop(*loop); }, [&] { return cache.finished(*loop); });
  }
}

}  // namespace yatagarasu::app
