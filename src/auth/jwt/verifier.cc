#include "auth/jwt/verifier.h"

#include "auth/jwt/claims.h"
#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "auth/jwt/token.h"
#include "auth/principal.h"
#include "core/base64url.h"
#include "core/strict_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::auth::jwt {
namespace {

namespace json = boost::json;
using std::chrono::sys_seconds;

// The year 9999: dates are compared as doubles, which are exact far beyond it, and a date that is
// later means "never" just as well.
constexpr double kLatest = 253'402'300'799.0;

// RFC 7519 §2: NumericDate, with or without a fraction. Empty when it is none.
std::optional<double> numeric_date(const json::value& value) {
  if (!value.is_number()) return std::nullopt;
  const auto date = value.to_number<double>();
  if (!std::isfinite(date)) return std::nullopt;
  return std::clamp(date, -kLatest, kLatest);
}

// The claims that are checked for every token (RFC 7519 §4.1); null where there is none.
struct RegisteredClaims {
  const json::value* issuer = nullptr;
  const json::value* audience = nullptr;
  const json::value* subject = nullptr;
  const json::value* expires = nullptr;
  const json::value* not_before = nullptr;
  const json::value* issued_at = nullptr;
};

// In one pass: looking each up by its name costs as much as the MAC of a token.
RegisteredClaims registered_claims(const json::object& claims) {
  RegisteredClaims found;
  for (const json::key_value_pair& member : claims) {
    const std::string_view name = member.key();
    if (name.size() != 3) continue;
    const json::value* const value = &member.value();
    if (name == "iss") found.issuer = value;
    if (name == "aud") found.audience = value;
    if (name == "sub") found.subject = value;
    if (name == "exp") found.expires = value;
    if (name == "nbf") found.not_before = value;
    if (name == "iat") found.issued_at = value;
  }
  return found;
}

const KeySet::Key* find_signer(const KeySet& keys, const TokenHeader& header,
                               std::string_view signed_text, std::string_view signature,
                               sys_seconds now) {
  for (const KeySet::Key& key : keys.keys()) {
    if (now >= key.valid_until) continue;
    if (key.algorithm && *key.algorithm != header.algorithm) continue;
    if (key.kid && header.kid && *key.kid != *header.kid) continue;
    if (key.key.verify(header.algorithm, signed_text, signature)) return &key;
  }
  return nullptr;
}

bool is_for(const json::value& audience, const std::string& wanted) {
  if (audience.is_string()) return std::string_view(audience.get_string()) == wanted;
  const json::array* const list = audience.if_array();
  return list != nullptr && std::ranges::any_of(*list, [&](const json::value& item) {
           return item.is_string() && std::string_view(item.get_string()) == wanted;
         });
}

// A string, or a list of strings (RFC 7519 §4.1.3).
bool is_audience(const json::value& value) {
  const json::array* const list = value.if_array();
  if (list == nullptr) return value.is_string();
  return std::ranges::all_of(*list, [](const json::value& item) { return item.is_string(); });
}

Verdict check_parties(const RegisteredClaims& claims, const Options& options) {
  const json::value* const issuer = claims.issuer;
  if (issuer != nullptr && !issuer->is_string()) return Verdict::kMalformed;
  if (!options.issuer.empty() &&
      (issuer == nullptr || std::string_view(issuer->get_string()) != options.issuer)) {
    return Verdict::kWrongIssuer;
  }
  const json::value* const audience = claims.audience;
  if (audience != nullptr && !is_audience(*audience)) return Verdict::kMalformed;
  if (options.audience.empty()) return Verdict::kGood;
  const bool is_meant =
      audience != nullptr && std::ranges::any_of(options.audience, [&](const std::string& wanted) {
        return is_for(*audience, wanted);
      });
  return is_meant ? Verdict::kGood : Verdict::kWrongAudience;
}

// Lowers `valid_until` to the token's end.
Verdict check_times(const RegisteredClaims& claims, const Options& options, sys_seconds now,
                    sys_seconds& valid_until) {
  const auto seconds = static_cast<double>(now.time_since_epoch().count());
  const double leeway = std::chrono::duration<double>(options.leeway).count();
  if (claims.expires != nullptr) {
    const auto date = numeric_date(*claims.expires);
    if (!date) return Verdict::kMalformed;
    // RFC 7519 §4.1.4: "on or after" it is too late.
    if (seconds >= *date + leeway) return Verdict::kExpired;
    const auto last = static_cast<std::int64_t>(std::ceil(*date + leeway));
    valid_until = std::min(valid_until, sys_seconds(std::chrono::seconds(last)));
  } else if (options.require_exp) {
    return Verdict::kNoExpiry;
  }
  if (claims.not_before != nullptr) {
    const auto date = numeric_date(*claims.not_before);
    if (!date) return Verdict::kMalformed;
    if (seconds < *date - leeway) return Verdict::kNotYetValid;
  }
  if (claims.issued_at != nullptr && !numeric_date(*claims.issued_at)) return Verdict::kMalformed;
  return Verdict::kGood;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood: return "good";
    case Verdict::kMalformed: return "malformed";
    case Verdict::kWrongAlgorithm: return "wrong_algorithm";
    case Verdict::kUnknownKid: return "unknown_kid";
    case Verdict::kBadSignature: return "bad_signature";
    case Verdict::kExpired: return "expired";
    case Verdict::kNotYetValid: return "not_yet_valid";
    case Verdict::kNoExpiry: return "no_expiry";
    case Verdict::kWrongIssuer: return "wrong_issuer";
    case Verdict::kWrongAudience: return "wrong_audience";
    case Verdict::kForbidden: return "claim";
  }
  return "";
}

SignatureCheck check_signature(std::string_view token, const Options& options, const KeySet& keys,
                               sys_seconds now) {
  const auto parts = split_token(token);
  if (!parts) return {.verdict = Verdict::kMalformed};
  const auto header = parse_token_header(parts->header);
  const auto signature = core::decode_base64url(parts->signature);
  auto payload = core::decode_base64url(parts->payload);
  if (!header || !signature || !payload) return {.verdict = Verdict::kMalformed};
  if (std::ranges::find(options.algorithms, header->algorithm) == options.algorithms.end()) {
    return {.verdict = Verdict::kWrongAlgorithm};
  }
  if (header->kid && !keys.knows(*header->kid))
    return {.verdict = Verdict::kUnknownKid, .may_be_by_new_key = true};
  const KeySet::Key* const key = find_signer(keys, *header, parts->signed_text, *signature, now);
  return {.verdict = key != nullptr ? Verdict::kGood : Verdict::kBadSignature,
          .payload = *std::move(payload),
          .key = key,
          .may_be_by_new_key = key == nullptr && !(header->kid && keys.has(*header->kid))};
}

Verification verify_token(std::string_view token, const Options& options, const KeySet& keys,
                          sys_seconds now) {
  const SignatureCheck signature = check_signature(token, options, keys, now);
  if (signature.verdict != Verdict::kGood) {
    return {.verdict = signature.verdict, .may_be_by_new_key = signature.may_be_by_new_key};
  }

  auto principal = std::make_shared<Principal>();
  auto claims = core::parse_strict_object(signature.payload, principal->memory.storage());
  if (!claims) return {.verdict = Verdict::kMalformed};
  principal->valid_until = signature.key->valid_until;
  const RegisteredClaims registered = registered_claims(*claims);
  Verdict verdict = check_times(registered, options, now, principal->valid_until);
  if (verdict == Verdict::kGood) verdict = check_parties(registered, options);
  if (verdict != Verdict::kGood) return {.verdict = verdict};

  std::string broken = broken_rules(options.claims, *claims);
  if (!broken.empty()) {
    return {.verdict = Verdict::kForbidden, .broken_rules = std::move(broken)};
  }
  const json::value* const subject = registered.subject;
  if (subject != nullptr && subject->is_string()) principal->subject = subject->get_string();
  principal->claims = *std::move(claims);
  return {.verdict = Verdict::kGood, .principal = std::move(principal)};
}

}  // namespace yatagarasu::auth::jwt
