#pragma once

#include "auth/principal.h"
#include "crypto/sha256.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace yatagarasu::auth::jwt {

// Tokens that were found good, so that a token costs one verification and then a look-up. Only good
// tokens come in: bad ones, however many, push nothing out.
//
// An entry is found by the SHA-256 of the token's signature, and is the token's when all before the
// signature is the same, too: hashing the whole of a token would take longer than all the rest. No
// signature is kept, so that nothing in here can be used as a token.
//
// Threading: one loop. Ends what it knows with each generation of the keys, each entry with its
// token, and the one that was asked for longest ago when it is full.
class VerifiedCache {
 public:
  static constexpr std::size_t kCapacity = 4096;
  // Some 1.5 KiB a token, or what 16 KiB of claims need.
  static constexpr std::size_t kMaxBytes = std::size_t{8} * 1024 * 1024;

  // What a token is looked up by; made once for a look-up and an insertion. A view into the token.
  struct Key {
    explicit Key(std::string_view token);

    std::string_view signed_text;  // All before the signature.
    crypto::Sha256Digest signature;
  };

  explicit VerifiedCache(std::size_t capacity = kCapacity, std::size_t max_bytes = kMaxBytes)
      : capacity_(capacity), max_bytes_(max_bytes) {}

  // Forgets everything when the keys have changed since the last call.
  void set_generation(std::uint64_t generation);

  // Null when the token is not known to be good at `now`.
  std::shared_ptr<const Principal> find(const Key& token, std::chrono::sys_seconds now);
  void insert(const Key& token, std::shared_ptr<const Principal> principal);

  std::size_t size() const { return by_signature_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    crypto::Sha256Digest signature;
    std::string signed_text;
    std::shared_ptr<const Principal> principal;
  };
  struct Hash {
    // The digest is as good as random already.
    std::size_t operator()(const crypto::Sha256Digest& digest) const {
      std::size_t hash = 0;
      std::memcpy(&hash, digest.data(), sizeof hash);
      return hash;
    }
  };
  using Order = std::list<Entry>;

  static std::size_t bytes_of(const Entry& entry);
  void erase(Order::iterator entry);

  std::size_t capacity_;
  std::size_t max_bytes_;
  std::uint64_t generation_ = 0;
  std::size_t bytes_ = 0;
  Order order_;  // The one that was asked for last is in front.
  std::unordered_map<crypto::Sha256Digest, Order::iterator, Hash> by_signature_;
};

}  // namespace yatagarasu::auth::jwt
