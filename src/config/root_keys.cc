#include "admin/options.h"
#include "auth/jwt/options.h"
#include "config/bind.h"
#include "config/key.h"
#include "config/reader.h"
#include "config/snapshot.h"
#include "config/tables.h"
#include "config/yaml_tree.h"
#include "core/ascii.h"
#include "core/cidr.h"
#include "proxy/options.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::config {
namespace {

// Reports each bucket whose `name` value some bucket before it has.
template <class Value>
void check_unique(Reader& reader, const Node& buckets, const Snapshot& snapshot,
                  std::string_view name, Value value) {
  std::map<std::string, std::size_t, std::less<>> first;
  for (std::size_t index = 0; index < snapshot.buckets.size(); ++index) {
    const std::string& text = value(snapshot.buckets[index]);
    const Node* const place = buckets.items[index].find(name);
    if (text.empty() || place == nullptr) continue;
    const auto [earlier, is_first] = first.emplace(text, index);
    if (is_first) continue;
    const Node* const other = buckets.items[earlier->second].find(name);
    reader.report(*place, "`" + std::string(name) + "` `" + text +
                              "` is used by two buckets; the first is in line " +
                              std::to_string(other->line));
  }
}

bool has_name(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names,
                             [&](const std::string& each) { return core::iequals(each, name); });
}

// A token must never reach the store, nor become part of a cache key.
void check_tokens_stay(Reader& reader, const Node& place, const proxy::BucketOptions& bucket,
                       const auth::jwt::Options& jwt) {
  for (const auth::jwt::TokenSource& source : jwt.token_sources) {
    const bool is_sent = source.type == auth::jwt::TokenSource::Type::kHeader
                             ? has_name(bucket.forward_request_headers, source.name)
                             : source.type == auth::jwt::TokenSource::Type::kQuery &&
                                   std::ranges::count(bucket.allowed_query, source.name) > 0;
    if (!is_sent) continue;
    reader.report(place, "bucket `" + bucket.name + "`: `" + source.name +
                             "` carries tokens and must not be sent on to the store");
  }
}

// Gives each bucket that asks for tokens the rules for them.
void settle_auth(Reader& reader, const Node& place, const Snapshot& snapshot,
                 proxy::BucketOptions& bucket) {
  if (!bucket.auth || !bucket.auth->enabled) return;
  if (!bucket.auth->jwt) bucket.auth->jwt = snapshot.jwt;
  if (!bucket.auth->jwt) {
    reader.report(place,
                  "bucket `" + bucket.name + "`: `auth` needs a `jwt` block, here or at the root");
  } else if (!bucket.auth->jwt->enabled) {
    reader.report(place,
                  "bucket `" + bucket.name +
                      "`: `auth` is enabled but its `jwt` is not; say `auth.enabled: false` to "
                      "make the bucket public");
  } else {
    check_tokens_stay(reader, place, bucket, *bucket.auth->jwt);
  }
}

// Whether a listener of one address is in the way of one of the other on the same port. The
// sockets share their ports (SO_REUSEPORT), so the kernel would let both be opened.
bool do_overlap(const std::string& a, const std::string& b) {
  const auto one = core::IpAddress::parse(a);
  const auto other = core::IpAddress::parse(b);
  if (!one || !other) return false;  // Said already.
  const auto is_wildcard = [](const core::IpAddress& address) {
    return address == core::IpAddress() || address == core::IpAddress::from_v4({});
  };
  return *one == *other || is_wildcard(*one) || is_wildcard(*other);
}

void check_listeners(Reader& reader, const Node& root, const Snapshot& snapshot) {
  const admin::Options& admin = snapshot.admin;
  if (!admin.enabled || admin.port == 0 || admin.port != snapshot.server.port) return;
  if (!do_overlap(admin.address, snapshot.server.address)) return;
  const Node* const block =
      root.find("admin") != nullptr ? root.find("admin") : root.find("server");
  reader.report(block == nullptr ? root : *block,
                "`admin.port` must not be that of `server`, " + std::to_string(admin.port));
}

void check_cache(Reader& reader, const Node& root, const proxy::CacheOptions& cache) {
  const Node* const block = root.find("cache");
  const Node* const memory = block == nullptr ? nullptr : block->find("memory");
  const Node* const place = memory == nullptr ? nullptr : memory->find("max_object_size");
  if (place == nullptr || cache.max_size.bytes == 0) return;
  if (cache.max_object_size > cache.max_size) {
    reader.report(*place, "`cache.memory.max_object_size` must not be larger than `max_size`");
  }
}

// Gives each bucket that is cached the rules for it.
void settle_cache(Reader& reader, const Node& place, const proxy::CacheOptions& root,
                  proxy::BucketOptions& bucket) {
  const proxy::CacheOverrides& own = bucket.cache_overrides;
  const bool is_there = root.max_size.bytes > 0;
  if (own.enabled.value_or(false) && !is_there) {
    reader.warn(*place.find("cache"),
                "bucket `" + bucket.name + "` is not cached: `cache.memory.max_size` is 0");
  }
  if (!is_there || !own.enabled.value_or(true)) return;
  proxy::CacheOptions& settled = bucket.cache.emplace(root);
  settled.max_object_size = own.max_object_size.value_or(root.max_object_size);
  settled.default_ttl = own.default_ttl.value_or(root.default_ttl);
  settled.stale_while_revalidate = own.stale_while_revalidate.value_or(root.stale_while_revalidate);
  settled.stale_if_error = own.stale_if_error.value_or(root.stale_if_error);
  settled.negative_ttl = own.negative_ttl.value_or(root.negative_ttl);
}

void check_root(Reader& reader, const Node& node, void* owner) {
  auto& snapshot = *static_cast<Snapshot*>(owner);
  check_listeners(reader, node, snapshot);
  check_cache(reader, node, snapshot.cache);
  const Node* const buckets = node.find("buckets");
  if (buckets == nullptr || buckets->kind != Node::Kind::kList) return;
  if (buckets->items.empty()) reader.report(*buckets, "`buckets` must have at least one bucket");
  for (std::size_t index = 0; index < snapshot.buckets.size(); ++index) {
    settle_cache(reader, buckets->items[index], snapshot.cache, snapshot.buckets[index]);
    const Node* const auth = buckets->items[index].find("auth");
    if (auth != nullptr) settle_auth(reader, *auth, snapshot, snapshot.buckets[index]);
  }
  check_unique(
      reader, *buckets, snapshot, "name",
      [](const proxy::BucketOptions& bucket) -> const std::string& { return bucket.name; });
  check_unique(
      reader, *buckets, snapshot, "path_prefix",
      [](const proxy::BucketOptions& bucket) -> const std::string& { return bucket.path_prefix; });
}

}  // namespace

const Block& root_block() {
  static const Block block{
      .title = "the configuration",
      .keys = {nested("server", &Snapshot::server, server_block(), "How clients are served."),
               nested("admin", &Snapshot::admin, admin_block(),
                      "Where operators ask: health, the cache."),
               nested("logging", &Snapshot::logging, logging_block(),
                      "What is written, and where."),
               nested("cache", &Snapshot::cache, cache_block(),
                      "What is kept of S3's answers, and for how long."),
               nested("jwt", &Snapshot::jwt, jwt_block(),
                      "How tokens are checked, for every bucket whose `auth` has no `jwt` block of "
                      "its own."),
               list_of("buckets", &Snapshot::buckets, bucket_block(),
                       "The buckets that are served.", Presence::kRequired)},
      .check = check_root};
  return block;
}

}  // namespace yatagarasu::config
