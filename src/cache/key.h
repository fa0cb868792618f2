#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::cache {

// Where the objects of one bucket of one configuration are kept apart from all others. Made once
// when a configuration is loaded, then only read.
class KeySpace {
 public:
  struct Source {
    std::string_view bucket;  // The bucket's name in the configuration.
    // Whatever else decides what a key answers with, as bytes of the caller's choice: endpoint,
    // S3 bucket, key_prefix, credentials. Only a digest is kept. Other bytes make another space,
    // so that nothing fetched with old credentials is found after a reload.
    std::string_view identity;
  };

  // `hash_seed`: a random number of this process, the same for all its spaces. Clients choose
  // keys; without knowing it they cannot choose keys whose hashes collide.
  KeySpace(const Source& source, std::uint64_t hash_seed);

  std::string_view bytes() const { return bytes_; }
  std::uint64_t hash_seed() const { return hash_seed_; }

  // What the keys of a purge begin with: every object whose S3 key begins with `prefix` (all of
  // the bucket when it is empty), or one object in all its queries and variants.
  std::string prefix_of_keys(std::string_view prefix) const;
  std::string prefix_of_object(std::string_view object_key) const;

 private:
  std::string bytes_;
  std::uint64_t hash_seed_;
};

// What an entry is found by: the space, the S3 key, the allowed query and, for the variants of a
// response with Vary (RFC 9111 §4.1), the values that select one. Kept as bytes of one spelling:
//
//   space (24 bytes) | S3 key | NUL | canonical query | NUL | selecting values, or their digest
//                                                       (both only for a variant)
//
// An S3 key holds no NUL (routing/request_path.h), a canonical query neither.
class Key {
 public:
  Key() = default;
  // `query`: canonical (s3/query.h), empty when there is none.
  Key(const KeySpace& space, std::string_view object_key, std::string_view query);

  // The same for another request, in the memory at hand.
  void assign(const KeySpace& space, std::string_view object_key, std::string_view query);

  // Turns the key of an object into the key of one of its variants. `selecting` as
  // policy/vary.h makes it. To be called once.
  void select_variant(std::string_view selecting);

  std::string_view bytes() const { return bytes_; }
  std::uint64_t hash() const { return hash_; }

  friend bool operator==(const Key& a, const Key& b) { return a.bytes_ == b.bytes_; }

 private:
  std::string bytes_;
  std::uint64_t hash_seed_ = 0;
  std::uint64_t hash_ = 0;
};

// A hash for tables in memory, not for storage: the same only for the same seed on the same
// machine. Not cryptographic.
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed);

}  // namespace yatagarasu::cache
