#pragma once

#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "auth/principal.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {

enum class Verdict : std::uint8_t {
  kGood,
  kMalformed,       // Not three parts of strict base64url and JSON, or an extension it relies on.
  kWrongAlgorithm,  // Not one of the configured ones.
  kUnknownKid,      // No key of the set has its `kid`.
  kBadSignature,    // No key that may have signed it has.
  kExpired,
  kNotYetValid,
  kNoExpiry,  // With require_exp.
  kWrongIssuer,
  kWrongAudience,
  kForbidden,  // The token is good, but a claim rule does not hold.
};

// For the log, e.g. "bad_signature". Static.
std::string_view name_of(Verdict verdict);

struct Verification {
  Verdict verdict = Verdict::kMalformed;
  std::shared_ptr<const Principal> principal = nullptr;  // Set when kGood.
  std::string broken_rules = {};                         // Set when kForbidden; see claims.h.
  // The key that signed it may be one that the set does not have yet: no key has the token's `kid`,
  // or no `kid` says whose the signature is.
  bool may_be_by_new_key = false;
};

struct SignatureCheck {
  Verdict verdict = Verdict::kMalformed;
  std::string payload = {};          // Decoded.
  const KeySet::Key* key = nullptr;  // The one that signed, when kGood.
  bool may_be_by_new_key = false;    // As in Verification.
};

// Form, algorithm and signature alone (RFC 7515 §5.2): what the payload is does not matter.
SignatureCheck check_signature(std::string_view token, const Options& options, const KeySet& keys,
                               std::chrono::sys_seconds now);

// Checks one token (RFC 7519 §7.2): form, algorithm, signature, then claims. Nothing the payload
// says is looked at before the signature holds.
//
// Pure. Threading: any.
Verification verify_token(std::string_view token, const Options& options, const KeySet& keys,
                          std::chrono::sys_seconds now);

}  // namespace yatagarasu::auth::jwt
