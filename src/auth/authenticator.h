#pragma once

#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "auth/jwt/verified_cache.h"
#include "auth/principal.h"
#include "core/result.h"
#include "http/fields.h"
#include "io/loop.h"
#include "io/task.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::auth {

struct Decision {
  enum class Outcome : std::uint8_t {
    kAllowed,
    kMissing,    // No source has a token.
    kInvalid,    // The token does not hold.
    kForbidden,  // It holds, but a claim rule does not.
    kNoKeys,     // The issuer's keys could not be had yet: nobody can say.
  };

  Outcome outcome = Outcome::kMissing;
  std::string reason = {};                               // For the log; never of the token.
  std::shared_ptr<const Principal> principal = nullptr;  // Set when kAllowed.
};

// Decides who may read from one bucket.
//
// Threading: shared by all loops; each has its own cache of verified tokens, by the loop's index.
class Authenticator {
 public:
  // `keys`: of a JWK set URL, kept up to date by a refresher. Without one, the keys that the
  // options name are loaded; kConfiguration when that fails.
  static core::Result<std::unique_ptr<Authenticator>> create(jwt::Options options,
                                                             std::size_t loops,
                                                             std::shared_ptr<jwt::JwksKeys> keys);

  // What can be said at once; empty when the keys should be fetched first, since they may have
  // changed. Then retry() decides.
  std::optional<Decision> decide(const http::Fields& fields, std::string_view query,
                                 const io::Loop& loop, std::chrono::sys_seconds now);
  io::Task<Decision> retry(const http::Fields& fields, std::string_view query, io::Loop& loop,
                           io::TimePoint deadline);

  // Whether tokens can be verified at all; for readiness.
  bool has_keys() const { return jwks_ == nullptr || jwks_->is_loaded(); }

 private:
  struct Judgement {
    Decision decision;
    bool may_change = false;  // With the issuer's keys of now.
  };
  // What one loop knows. The keys are kept beside the cache that was filled with them.
  struct PerLoop {
    jwt::VerifiedCache verified;
    std::shared_ptr<const jwt::KeySet> keys;
    std::uint64_t generation = 0;
  };

  Authenticator(jwt::Options options, std::size_t loops, std::shared_ptr<jwt::JwksKeys> jwks,
                const std::shared_ptr<const jwt::KeySet>& keys);
  Judgement judge(const http::Fields& fields, std::string_view query, const io::Loop& loop,
                  std::chrono::sys_seconds now);
  Judgement check(std::string_view token, PerLoop& state, std::chrono::sys_seconds now) const;

  jwt::Options options_;
  std::shared_ptr<jwt::JwksKeys> jwks_;  // Null: the keys never change.
  std::vector<PerLoop> loops_;
};

}  // namespace yatagarasu::auth
