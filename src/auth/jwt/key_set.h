#pragma once

#include "auth/jwt/options.h"
#include "core/result.h"
#include "crypto/algorithm.h"
#include "crypto/verification_key.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::auth::jwt {

// More keys than any issuer has; a token without a `kid` may cost one verification for each.
inline constexpr std::size_t kMaxKeys = 64;

// The keys that tokens may be signed with. Immutable. Threading: any.
class KeySet {
 public:
  struct Key {
    crypto::VerificationKey key;
    std::optional<std::string> kid = std::nullopt;
    // A JWK may be for one algorithm only (RFC 7517 §4.4).
    std::optional<crypto::SignatureAlgorithm> algorithm = std::nullopt;
    std::chrono::sys_seconds valid_until = std::chrono::sys_seconds::max();
  };

  explicit KeySet(std::vector<Key> keys) : keys_(std::move(keys)) {}

  const std::vector<Key>& keys() const { return keys_; }
  // Whether a token with this `kid` may be by one of the keys: keys that have no `kid` themselves
  // (a secret, a PEM file) ignore the token's.
  bool knows(std::string_view kid) const;
  // Whether a key has this `kid`.
  bool has(std::string_view kid) const;

 private:
  std::vector<Key> keys_;
};

// Reads a JWK set (RFC 7517 §5), or a single JWK. Members that are no keys for signatures, of a
// kind that is not known, weak, or of no use for `algorithms` are left out; kConfiguration when
// none remains. The detail repeats nothing of the text.
core::Result<KeySet> parse_jwk_set(std::string_view text,
                                   const std::vector<crypto::SignatureAlgorithm>& algorithms);

// The keys that are there without a network: the secrets, the PEM file or the JWK set file.
// Previous secrets are good until `loaded_at` + grace_period. kConfiguration says what is wrong
// with a file.
core::Result<KeySet> load_keys(const Options& options, std::chrono::sys_seconds loaded_at);

}  // namespace yatagarasu::auth::jwt
