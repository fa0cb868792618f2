#pragma once

#include "auth/principal.h"
#include "crypto/sha256.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <unordered_map>

namespace yatagarasu::auth::jwt {

// Tokens that were found good, by their SHA-256, so that a token costs one verification and then a
// hash. Only good tokens come in: bad ones, however many, push nothing out. Holds no token.
//
// Threading: one loop. Ends what it knows with each generation of the keys, each entry with its
// token, and the one that was asked for longest ago when it is full.
class VerifiedCache {
 public:
  // Some 300 bytes each, with small claims.
  static constexpr std::size_t kCapacity = 4096;

  explicit VerifiedCache(std::size_t capacity = kCapacity) : capacity_(capacity) {}

  // Forgets everything when the keys have changed since the last call.
  void set_generation(std::uint64_t generation);

  // Null when the token is not known to be good at `now`.
  std::shared_ptr<const Principal> find(const crypto::Sha256Digest& token,
                                        std::chrono::sys_seconds now);
  void insert(const crypto::Sha256Digest& token, std::shared_ptr<const Principal> principal);

  std::size_t size() const { return by_token_.size(); }

 private:
  struct Entry {
    crypto::Sha256Digest token;
    std::shared_ptr<const Principal> principal;
  };
  struct Hash {
    // The digest is as good as random already.
    std::size_t operator()(const crypto::Sha256Digest& token) const {
      std::size_t hash = 0;
      std::memcpy(&hash, token.data(), sizeof hash);
      return hash;
    }
  };
  using Order = std::list<Entry>;

  std::size_t capacity_;
  std::uint64_t generation_ = 0;
  Order order_;  // The one that was asked for last is in front.
  std::unordered_map<crypto::Sha256Digest, Order::iterator, Hash> by_token_;
};

}  // namespace yatagarasu::auth::jwt
