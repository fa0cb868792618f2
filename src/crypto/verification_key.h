#pragma once

#include "core/result.h"
#include "crypto/algorithm.h"

#include <memory>
#include <string_view>

namespace yatagarasu::crypto {

class PublicKey;

// A key that signatures are checked with. Its kind decides for which algorithms: a public key never
// becomes a secret, whatever a token says (RFC 8725 §3.1).
//
// Keys that no issuer should have are refused when they are made: RSA below 2048 or above 8192
// bits, with an even, trivial or huge exponent, or from a generator that is known to be broken
// (CVE-2017-15361); points that are not on their curve.
//
// Immutable and cheap to copy. Threading: any number of threads may verify at a time.
class VerificationKey {
 public:
  // Not empty.
  static VerificationKey from_secret(std::string_view secret);
  // A public key (SubjectPublicKeyInfo). kConfiguration says what is wrong with it.
  static core::Result<VerificationKey> from_pem(std::string_view pem);
  // The big-endian numbers of a JWK (RFC 7518 §6, RFC 8037 §2).
  static core::Result<VerificationKey> from_rsa(std::string_view modulus,
                                                std::string_view exponent);
  // `kind`: kEcP256 or kEcP384. The coordinates have the full length of the curve's field.
  static core::Result<VerificationKey> from_ec(KeyKind kind, std::string_view x,
                                               std::string_view y);
  static core::Result<VerificationKey> from_ed25519(std::string_view point);

  KeyKind kind() const { return kind_; }
  bool can_verify(SignatureAlgorithm algorithm) const { return key_kind_of(algorithm) == kind_; }

  // Whether `signature`, in the form that JWS uses (ECDSA: R and S, each of full length), is this
  // key's of `message`. False for an algorithm that the key cannot verify. A MAC is compared in
  // constant time.
  bool verify(SignatureAlgorithm algorithm, std::string_view message,
              std::string_view signature) const;

 private:
  struct SecretKey;

  explicit VerificationKey(std::shared_ptr<const SecretKey> key);
  explicit VerificationKey(std::shared_ptr<const PublicKey> key);
  static core::Result<VerificationKey> from_public(
      core::Result<std::shared_ptr<const PublicKey>> key);

  KeyKind kind_;
  std::shared_ptr<const PublicKey> public_;  // Null for a secret.
  std::shared_ptr<const SecretKey> secret_;  // Null for any other.
};

}  // namespace yatagarasu::crypto
