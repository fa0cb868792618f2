#pragma once

#include "crypto/algorithm.h"
#include "crypto/openssl_handle.h"

#include <array>
#include <memory>
#include <string_view>

namespace yatagarasu::crypto {

// An asymmetric key of OpenSSL's, ready to verify. For VerificationKey, which checks that it is one
// to trust.
//
// It holds a context for each algorithm of its kind, and a verification copies one: to look the
// algorithm up and set a context up takes 2.7 us, a sixth of a whole RSA verification, the copy
// 0.1 us.
//
// Immutable. Threading: any number of threads may verify at a time.
class PublicKey {
 public:
  // Null when OpenSSL cannot verify with `key`, which is of that kind.
  static std::shared_ptr<const PublicKey> prepare(KeyKind kind, KeyHandle key);

  KeyKind kind() const { return kind_; }

  // Whether `signature` is this key's of `message`. `algorithm` is one for its kind.
  bool verify(SignatureAlgorithm algorithm, std::string_view message,
              std::string_view signature) const;

 private:
  PublicKey(KeyKind kind, KeyHandle key) : kind_(kind), key_(std::move(key)) {}
  bool prepare_contexts();
  bool verify_digest(SignatureAlgorithm algorithm, std::string_view digest,
                     std::string_view signature) const;
  bool verify_ed25519(std::string_view message, std::string_view signature) const;

  KeyKind kind_;
  KeyHandle key_;
  std::array<KeyContextHandle, kSignatureAlgorithms.size()> contexts_;  // Null: not its kind.
  DigestContextHandle ed25519_;  // In place of a context: Ed25519 hashes by itself.
};

}  // namespace yatagarasu::crypto
