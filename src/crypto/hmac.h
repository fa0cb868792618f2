#pragma once

#include "crypto/sha256.h"
#include "crypto/sha512.h"

#include <string_view>

namespace yatagarasu::crypto {

// A key for HMAC (RFC 2104) with both padded-key blocks already hashed: a MAC costs the message's
// own blocks and two more. Key material: its bytes are wiped when it dies.
//
// Threading: mac() is const and may be called from several threads.
template <class Hash>
class HmacKey {
 public:
  using Digest = typename Hash::Digest;

  explicit HmacKey(std::string_view key);
  HmacKey(const HmacKey&) = default;
  HmacKey& operator=(const HmacKey&) = default;
  ~HmacKey();

  Digest mac(std::string_view message) const;
  // The key that this one's MAC of `message` is: one step of a key derivation.
  HmacKey derive(std::string_view message) const;

 private:
  Hash inner_;  // After key ^ ipad.
  Hash outer_;  // After key ^ opad.
};

extern template class HmacKey<Sha256>;
extern template class HmacKey<Sha384>;
extern template class HmacKey<Sha512>;

using HmacSha256Key = HmacKey<Sha256>;
using HmacSha384Key = HmacKey<Sha384>;
using HmacSha512Key = HmacKey<Sha512>;

Sha256Digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace yatagarasu::crypto
