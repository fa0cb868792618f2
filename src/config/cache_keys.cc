#include "config/bind.h"
#include "config/key.h"
#include "config/tables.h"
#include "core/byte_count.h"
#include "proxy/options.h"

#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::config {
namespace {

using proxy::CacheOptions;
using proxy::CacheOverrides;

// More address space than any machine of today has memory.
constexpr core::ByteCount kMaxSize = core::gib(64 * 1024);
// Below it there is no room for the tables and one object.
constexpr core::ByteCount kMinSize = core::mib(1);

constexpr std::string_view kDefaultTtlDoc =
    "How long an object is fresh whose answer says nothing of it.";
constexpr std::string_view kStaleWhileRevalidateDoc =
    "How long a stale object is still answered with while S3 is asked, where its answer says "
    "nothing of it (RFC 5861).";
constexpr std::string_view kStaleIfErrorDoc =
    "How long a stale object stands in for an S3 that fails, where its answer says nothing of it "
    "(RFC 5861).";
constexpr std::string_view kNegativeTtlDoc =
    "How long it is remembered that an object does not exist; 0 = not at all.";
constexpr std::string_view kMaxObjectSizeDoc = "Larger objects are not kept.";

std::optional<std::string> must_be_size(const core::ByteCount& size) {
  if (size.bytes == 0 || (size >= kMinSize && size <= kMaxSize)) return std::nullopt;
  return "0 or a size from 1MiB to 64TiB";
}

const Block& memory_block() {
  static const Block block{
      .title = "cache.memory",
      .keys = {key("max_size", &CacheOptions::max_size,
                   "What the cache may take, every overhead counted; 0 switches it off.",
                   Check<core::ByteCount>(must_be_size)),
               key("max_object_size", &CacheOptions::max_object_size, kMaxObjectSizeDoc)}};
  return block;
}

}  // namespace

const Block& cache_block() {
  static const Block block{
      .title = "the cache block",
      .keys = {grouped<CacheOptions>("memory", memory_block(), "What is kept in memory."),
               key("default_ttl", &CacheOptions::default_ttl, kDefaultTtlDoc),
               key("stale_while_revalidate", &CacheOptions::stale_while_revalidate,
                   kStaleWhileRevalidateDoc),
               key("stale_if_error", &CacheOptions::stale_if_error, kStaleIfErrorDoc),
               key("negative_ttl", &CacheOptions::negative_ttl, kNegativeTtlDoc)}};
  return block;
}

const Block& bucket_cache_block() {
  static const Block block{
      .title = "a bucket's cache block",
      .keys = {key("enabled", &CacheOverrides::enabled,
                   "Whether its objects are cached; default: when there is a cache."),
               key("max_object_size", &CacheOverrides::max_object_size, kMaxObjectSizeDoc),
               key("default_ttl", &CacheOverrides::default_ttl, kDefaultTtlDoc),
               key("stale_while_revalidate", &CacheOverrides::stale_while_revalidate,
                   kStaleWhileRevalidateDoc),
               key("stale_if_error", &CacheOverrides::stale_if_error, kStaleIfErrorDoc),
               key("negative_ttl", &CacheOverrides::negative_ttl, kNegativeTtlDoc)}};
  return block;
}

}  // namespace yatagarasu::config
