#include "proxy/object_cache.h"

#include "cache/bucket_ids.h"
#include "cache/coalescer.h"
#include "cache/fill_runner.h"
#include "cache/key.h"
#include "cache/policy/options.h"
#include "core/byte_count.h"
#include "core/secret.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "proxy/options.h"
#include "s3/options.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::proxy {
namespace {

// Refreshes and fills without a client, on one loop. Each may hold a connection to the origin.
constexpr std::size_t kMaxBackgroundTasks = 256;

// Longer ones are no mistake, but copied on their way.
constexpr std::size_t kMaxIdentity = 4096;

// Everything that decides what a key answers with, so that nothing that was fetched or filtered by
// other rules is found after they have changed.
core::Secret identity_of(const BucketOptions& bucket) {
  std::string identity;
  const auto add = [&identity](std::string_view part) {
    identity += std::to_string(part.size());
    identity += ':';
    identity += part;
  };
  const s3::Options& s3 = bucket.s3;
  // In one piece, so that no copy of a secret stays behind.
  identity.reserve(kMaxIdentity);
  add(s3.endpoint);
  add(s3.region);
  add(s3.bucket);
  add(s3.access_key.reveal());
  add(s3.secret_key.reveal());
  add(s3.session_token.reveal());
  for (const std::string& name : bucket.forward_request_headers) add(name);
  add({});
  for (const std::string& name : bucket.pass_response_headers) add(name);
  add(bucket.error_responses == ErrorResponses::kOrigin ? "origin" : "proxy");
  return core::Secret(std::move(identity));
}

cache::PolicyOptions policy_of(const BucketOptions& bucket, const CacheOptions& options) {
  return {.default_ttl = options.default_ttl,
          .stale_while_revalidate = options.stale_while_revalidate,
          .stale_if_error = options.stale_if_error,
          .negative_ttl = options.negative_ttl,
          .storable = bucket.error_responses == ErrorResponses::kOrigin
                          ? cache::Storable::kAnyStatus
                          : cache::Storable::kObjects};
}

}  // namespace

ObjectCache::ObjectCache(core::ByteCount max_size,
                         const std::vector<std::unique_ptr<io::Loop>>& loops,
                         const io::TaskGroup::OnError& on_error)
    : tier_({.max_size = max_size, .threads = static_cast<unsigned>(loops.size())}),
      coalescer_(tier_, {}) {
  for (const auto& loop : loops) {
    runners_.push_back(std::make_unique<cache::FillRunner>(*loop, on_error));
  }
}

void ObjectCache::run_in_background(const io::Loop& loop, io::Task<void> task) {
  io::TaskGroup& tasks = runner(loop).tasks();
  if (tasks.size() < kMaxBackgroundTasks) tasks.spawn(std::move(task));
}

BucketCache::BucketCache(ObjectCache& shared, const BucketOptions& bucket,
                         const CacheOptions& options, cache::BucketId id, std::uint64_t hash_seed)
    : shared_(shared),
      bucket_(bucket),
      space_({.bucket = bucket.name, .identity = identity_of(bucket).reveal()}, hash_seed),
      id_(id),
      policy_(policy_of(bucket, options)),
      max_object_size_(options.max_object_size.bytes) {}

}  // namespace yatagarasu::proxy
