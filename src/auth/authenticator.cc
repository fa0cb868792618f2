#include "auth/authenticator.h"

#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "auth/jwt/token_source.h"
#include "auth/jwt/verified_cache.h"
#include "auth/jwt/verifier.h"
#include "core/result.h"
#include "http/fields.h"
#include "io/loop.h"
#include "io/task.h"

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::auth {
namespace {

using Outcome = Decision::Outcome;

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

core::Result<std::unique_ptr<Authenticator>> Authenticator::create(
    jwt::Options options, std::size_t loops, std::shared_ptr<jwt::JwksKeys> keys) {
  std::shared_ptr<const jwt::KeySet> loaded;
  if (keys == nullptr) {
    auto own = jwt::load_keys(options, wall_clock());
    if (!own) return std::unexpected(std::move(own.error()));
    loaded = std::make_shared<const jwt::KeySet>(*std::move(own));
  }
  return std::unique_ptr<Authenticator>(
      new Authenticator(std::move(options), loops, std::move(keys), loaded));
}

Authenticator::Authenticator(jwt::Options options, std::size_t loops,
                             std::shared_ptr<jwt::JwksKeys> jwks,
                             const std::shared_ptr<const jwt::KeySet>& keys)
    : options_(std::move(options)), jwks_(std::move(jwks)), loops_(loops) {
  for (PerLoop& state : loops_) state.keys = keys;
}

std::optional<Decision> Authenticator::decide(const http::Fields& fields, std::string_view query,
                                              const io::Loop& loop, std::chrono::sys_seconds now) {
  Judgement judgement = judge(fields, query, loop, now);
  if (judgement.may_change && jwks_ != nullptr) return std::nullopt;
  return std::move(judgement.decision);
}

Authenticator::Judgement Authenticator::judge(const http::Fields& fields, std::string_view query,
                                              const io::Loop& loop, std::chrono::sys_seconds now) {
  std::string scratch;
  const auto token = jwt::find_token(options_.token_sources, fields, query, scratch);
  if (!token) return {.decision = {.outcome = Outcome::kMissing, .reason = "missing"}};
  PerLoop& state = loops_[loop.index()];
  if (jwks_ != nullptr && (state.keys == nullptr || state.generation != jwks_->generation())) {
    // In this order: a change between the two is seen at the next request.
    state.generation = jwks_->generation();
    state.keys = jwks_->current();
    state.verified.set_generation(state.generation);
  }
  if (state.keys != nullptr) return check(*token, state, now);
  return {
      .decision = {.outcome = Outcome::kNoKeys, .reason = "the issuer's keys could not be fetched"},
      .may_change = true};
}

Authenticator::Judgement Authenticator::check(std::string_view token, PerLoop& state,
                                              std::chrono::sys_seconds now) const {
  const jwt::VerifiedCache::Key key(token);
  if (auto principal = state.verified.find(key, now)) {
    return {.decision = {.outcome = Outcome::kAllowed, .principal = std::move(principal)}};
  }
  jwt::Verification verified = jwt::verify_token(token, options_, *state.keys, now);
  switch (verified.verdict) {
    case jwt::Verdict::kGood:
      state.verified.insert(key, verified.principal);
      return {
          .decision = {.outcome = Outcome::kAllowed, .principal = std::move(verified.principal)}};
    case jwt::Verdict::kForbidden:
      return {
          .decision = {.outcome = Outcome::kForbidden, .reason = "claim " + verified.broken_rules}};
    default: break;
  }
  return {.decision = {.outcome = Outcome::kInvalid,
                       .reason = std::string(jwt::name_of(verified.verdict))},
          .may_change = verified.may_be_by_new_key};
}

io::Task<Decision> Authenticator::retry(const http::Fields& fields, std::string_view query,
                                        io::Loop& loop, io::TimePoint deadline) {
  co_await jwks_->refetch_for_unknown_kid(loop, deadline);
  co_return judge(fields, query, loop, wall_clock()).decision;
}

}  // namespace yatagarasu::auth
