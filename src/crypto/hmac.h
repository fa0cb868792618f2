#pragma once

#include "crypto/sha256.h"

#include <string_view>

namespace yatagarasu::crypto {

// A key for HMAC-SHA-256 (RFC 2104) with both padded-key blocks already hashed: a MAC costs the
// message's own blocks and two more. Key material: its bytes are wiped when it dies.
//
// Threading: mac() is const and may be called from several threads.
class HmacSha256Key {
 public:
  explicit HmacSha256Key(std::string_view key);
  HmacSha256Key(const HmacSha256Key&) = default;
  HmacSha256Key& operator=(const HmacSha256Key&) = default;
  ~HmacSha256Key();

  Sha256Digest mac(std::string_view message) const;
  // The key that this one's MAC of `message` is: one step of a key derivation.
  HmacSha256Key derive(std::string_view message) const;

 private:
  Sha256 inner_;  // After key ^ ipad.
  Sha256 outer_;  // After key ^ opad.
};

Sha256Digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace yatagarasu::crypto
