#pragma once

#include "cache/entry.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {

// What a purge removes.
class PurgeScope {
 public:
  static PurgeScope everything() { return {Kind::kEverything, {}, 0}; }
  // Also what was stored for the bucket under an earlier configuration.
  static PurgeScope of_bucket(BucketId bucket) { return {Kind::kBucket, {}, bucket}; }
  // Every key that begins so: KeySpace::prefix_of_keys() or, for one object with its queries and
  // variants, prefix_of_object().
  static PurgeScope of_prefix(std::string prefix) { return {Kind::kPrefix, std::move(prefix), 0}; }
  // The one key.
  static PurgeScope of_key(const KeyRef& key) {
    PurgeScope scope(Kind::kKey, std::string(key.bytes), key.bucket);
    scope.hash_ = key.hash;
    return scope;
  }

  bool includes(const KeyRef& key) const {
    switch (kind_) {
      case Kind::kEverything: return true;
      case Kind::kBucket: return key.bucket == bucket_;
      case Kind::kPrefix: return key.bytes.starts_with(bytes_);
      case Kind::kKey: return key.bytes == bytes_;
    }
    return false;
  }

  // The key of a scope that is of one key; `bytes` is empty for the others.
  KeyRef single_key() const {
    return kind_ == Kind::kKey ? KeyRef{.bytes = bytes_, .hash = hash_, .bucket = bucket_}
                               : KeyRef{};
  }

 private:
  enum class Kind : std::uint8_t { kEverything, kBucket, kPrefix, kKey };
  PurgeScope(Kind kind, std::string bytes, BucketId bucket)
      : kind_(kind), bytes_(std::move(bytes)), bucket_(bucket) {}

  Kind kind_;
  std::string bytes_;
  BucketId bucket_;
  std::uint64_t hash_ = 0;
};

}  // namespace yatagarasu::cache
