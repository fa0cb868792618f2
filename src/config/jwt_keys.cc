#include "auth/jwt/claims.h"
#include "auth/jwt/jwks_url.h"
#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "config/bind.h"
#include "config/checks.h"
#include "config/key.h"
#include "config/reader.h"
#include "config/tables.h"
#include "config/value_type.h"
#include "config/yaml_tree.h"
#include "crypto/algorithm.h"
#include "http/syntax.h"
#include "proxy/options.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::config {

template <>
struct ValueType<crypto::SignatureAlgorithm> {
  static std::optional<crypto::SignatureAlgorithm> read(Reader& reader, const Node& node) {
    static constexpr std::string_view kExpected =
        "one of HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA";
    const auto text = reader.scalar(node, kExpected);
    if (!text) return std::nullopt;
    const auto algorithm = crypto::parse_signature_algorithm(*text);
    if (!algorithm) {
      reader.report(node, "`" + reader.path() + "` must be " + std::string(kExpected));
    }
    return algorithm;
  }
  static boost::json::value show(crypto::SignatureAlgorithm algorithm) {
    return boost::json::value(crypto::name_of(algorithm));
  }
  static boost::json::object schema() {
    using enum crypto::SignatureAlgorithm;
    boost::json::array names;
    for (const auto each : {kHs256, kHs384, kHs512, kRs256, kRs384, kRs512, kPs256, kPs384, kPs512,
                            kEs256, kEs384, kEdDsa}) {
      names.emplace_back(crypto::name_of(each));
    }
    return {{"enum", std::move(names)}};
  }
};

namespace {

using auth::jwt::ClaimOperator;
using auth::jwt::ClaimRule;
using auth::jwt::Options;
using auth::jwt::TokenSource;
using crypto::SignatureAlgorithm;

std::vector<std::pair<std::string_view, ClaimOperator>> operator_names() {
  std::vector<std::pair<std::string_view, ClaimOperator>> names;
  for (const auto op : {ClaimOperator::kEquals, ClaimOperator::kNotEquals, ClaimOperator::kIn,
                        ClaimOperator::kContains, ClaimOperator::kExists, ClaimOperator::kGt,
                        ClaimOperator::kGte, ClaimOperator::kLt, ClaimOperator::kLte}) {
    names.emplace_back(auth::jwt::name_of(op), op);
  }
  return names;
}

void check_token_source(Reader& reader, const Node& node, void* owner) {
  const auto& source = *static_cast<const TokenSource*>(owner);
  if (source.name.empty()) return;  // Said already.
  if (source.type == TokenSource::Type::kHeader && !http::is_token(source.name)) {
    reader.report(node, "`" + reader.path() + ".name` must be a header's name");
  }
  if (source.type != TokenSource::Type::kHeader && !source.prefix.empty()) {
    reader.report(node, "`" + reader.path() + ".prefix` is for headers only");
  }
}

const Block& token_source_block() {
  static const Block block = [] {
    Block made{.title = "a token source",
               .keys = {choice("type", &TokenSource::type,
                               {{"header", TokenSource::Type::kHeader},
                                {"query", TokenSource::Type::kQuery},
                                {"cookie", TokenSource::Type::kCookie}},
                               "Where to look."),
                        key("name", &TokenSource::name,
                            "Of the header, the query parameter or the cookie.",
                            Check<std::string>(must_not_be_empty), Presence::kRequired),
                        key("prefix", &TokenSource::prefix,
                            "What a header's value begins with, in any case.")},
               .check = check_token_source};
    made.keys.front().is_required = true;
    return made;
  }();
  return block;
}

// A shorter one would have the issuer asked on end.
std::optional<std::string> must_be_a_second(const std::chrono::milliseconds& interval) {
  if (interval >= std::chrono::seconds(1)) return std::nullopt;
  return "at least 1s";
}

bool is_ordered(const boost::json::value& value) {
  return value.is_number() || value.is_string();
}

void check_claim_rule(Reader& reader, const Node& node, void* owner) {
  auto& rule = *static_cast<ClaimRule*>(owner);
  const bool has_value = node.find("value") != nullptr;
  const auto refuse = [&](std::string_view what) {
    reader.report(node, "`" + reader.path() + ".value` must be " + std::string(what));
  };
  switch (rule.op) {
    case ClaimOperator::kExists:
      if (!has_value) rule.value = true;
      if (!rule.value.is_bool()) refuse("`true` or `false` for `exists`");
      break;
    case ClaimOperator::kIn:
      if (!rule.value.is_array() || rule.value.get_array().empty()) {
        refuse("a list of at least one value for `in`");
      }
      break;
    case ClaimOperator::kGt:
    case ClaimOperator::kGte:
    case ClaimOperator::kLt:
    case ClaimOperator::kLte:
      if (!is_ordered(rule.value)) refuse("a number or a text for a comparison");
      break;
    case ClaimOperator::kEquals:
    case ClaimOperator::kNotEquals:
    case ClaimOperator::kContains:
      if (!has_value) refuse("there");
      break;
  }
}

const Block& claim_block() {
  static const Block block = [] {
    Block made{
        .title = "a claim rule",
        .keys = {key("claim", &ClaimRule::claim,
                     "The claim's name as it is, or else with a dot for each step into an object.",
                     Check<std::string>(must_not_be_empty), Presence::kRequired),
                 choice("operator", &ClaimRule::op, operator_names(), "How it is compared."),
                 key("value", &ClaimRule::value,
                     "What it is compared with: typed, so that 1 is not \"1\"; a list for `in`; "
                     "`true` is the default for `exists`.")},
        .check = check_claim_rule};
    made.keys[1].is_required = true;
    return made;
  }();
  return block;
}

Key algorithm_key() {
  Key declared{.name = "algorithm",
               .doc =
                   "The one algorithm that tokens are signed with; HS256 unless "
                   "`algorithms` says otherwise."};
  declared.schema = ValueType<SignatureAlgorithm>::schema();
  declared.read = [](Reader& reader, const Node& node, void* owner) {
    if (auto algorithm = ValueType<SignatureAlgorithm>::read(reader, node)) {
      static_cast<Options*>(owner)->algorithms = {*algorithm};
    }
  };
  declared.show = [](const void*, Secrets) -> boost::json::value {
    return nullptr;
  };  // `algorithms` is.
  return declared;
}

// What is wrong with the way that keys are given, or nothing.
std::string wrong_with_keys(const Options& options, bool is_symmetric) {
  const std::array<bool, 4> given = {!options.secret.empty(), !options.public_key_file.empty(),
                                     !options.jwks_file.empty(), !options.jwks_url.empty()};
  const auto count = std::ranges::count(given, true);
  if (is_symmetric && options.secret.empty() && options.jwks_file.empty()) {
    return "needs a `secret` for HS algorithms";
  }
  if (!is_symmetric && !options.secret.empty()) {
    return "has a `secret`, which is for HS algorithms alone";
  }
  if (is_symmetric && (!options.public_key_file.empty() || !options.jwks_url.empty())) {
    return "has a public key, which is never for HS algorithms";
  }
  if (count == 0) return "needs a `public_key_file`, `jwks_file` or `jwks_url`";
  if (count > 1) return "must have one of `secret`, `public_key_file`, `jwks_file`, `jwks_url`";
  if (!options.previous_secrets.empty() && options.secret.empty()) {
    return "has `previous_secrets` without a `secret`";
  }
  return {};
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::size_t digest_bytes(SignatureAlgorithm algorithm) {
  if (algorithm == SignatureAlgorithm::kHs512) return 64;
  return algorithm == SignatureAlgorithm::kHs384 ? 48 : 32;
}

void warn_of_short_secret(Reader& reader, const Node& node, const Options& options) {
  for (const SignatureAlgorithm algorithm : options.algorithms) {
    if (options.secret.reveal().size() >= digest_bytes(algorithm)) continue;
    reader.warn(node, "`" + reader.path() + ".secret` has fewer than the " +
                          std::to_string(digest_bytes(algorithm)) +
                          " bytes that RFC 7518 wants for " +
                          std::string(crypto::name_of(algorithm)));
    return;
  }
}

void check_jwt(Reader& reader, const Node& node, void* owner) {
  auto& options = *static_cast<Options*>(owner);
  const auto refuse = [&](std::string_view key, const std::string& what) {
    const Node* const place = node.find(key);
    reader.report(place == nullptr ? node : *place, "`" + reader.path() + "` " + what);
  };
  if (node.find("algorithm") != nullptr && node.find("algorithms") != nullptr) {
    refuse("algorithms", "must have `algorithm` or `algorithms`, not both");
  }
  if (options.algorithms.empty()) options.algorithms = {SignatureAlgorithm::kHs256};
  if (options.token_sources.empty()) refuse("token_sources", "must have a token source");
  if (!options.enabled) return;
  const bool is_symmetric = crypto::is_symmetric(options.algorithms.front());
  const bool is_mixed = std::ranges::any_of(options.algorithms, [&](SignatureAlgorithm each) {
    return crypto::is_symmetric(each) != is_symmetric;
  });
  if (is_mixed) {
    refuse("algorithms", "must not mix HS algorithms with others");
    return;
  }
  if (const std::string wrong = wrong_with_keys(options, is_symmetric); !wrong.empty()) {
    refuse(wrong.contains("`secret`") ? "secret" : "algorithm", wrong);
    return;
  }
  if (!options.jwks_url.empty()) {
    if (const auto url = auth::jwt::parse_jwks_url(options.jwks_url); !url) {
      refuse("jwks_url", ": " + url.error().detail);
    } else if (!url->uses_tls && !is_loopback(url->connect_host)) {
      const Node* const place = node.find("jwks_url");
      reader.warn(place == nullptr ? node : *place,
                  "`" + reader.path() +
                      ".jwks_url` is plain http: whoever is on the way to the issuer "
                      "can put keys of their own in its place");
    }
    return;
  }
  const auto keys = auth::jwt::load_keys(options, std::chrono::sys_seconds());
  if (!keys) {
    refuse(options.public_key_file.empty() ? "jwks_file" : "public_key_file",
           ": " + keys.error().detail);
  }
  if (!options.secret.empty()) warn_of_short_secret(reader, node, options);
}

}  // namespace

const Block& jwt_block() {
  static const Block block{
      .title = "a jwt block",
      .keys =
          {
              key("enabled", &Options::enabled, "Whether tokens are checked at all."),
              algorithm_key(),
              key("algorithms", &Options::algorithms,
                  "Instead of `algorithm`: several, all HS or none."),
              key("secret", &Options::secret, "The secret of HS algorithms."),
              key("previous_secrets", &Options::previous_secrets,
                  "Secrets that tokens may still be signed with while they are rotated."),
              key("grace_period", &Options::grace_period,
                  "How long after the load `previous_secrets` are accepted; 0 = as long as they "
                  "are "
                  "listed."),
              key("public_key_file", &Options::public_key_file, "A public key in PEM."),
              key("jwks_file", &Options::jwks_file, "A JWK set on disk."),
              key("jwks_url", &Options::jwks_url,
                  "A JWK set that is fetched, refreshed in the background and asked again for a "
                  "key "
                  "id that it does not have."),
              key("jwks_ca_file", &Options::jwks_ca_file,
                  "PEM with the authorities that `jwks_url` is trusted by; empty = the system's."),
              key("jwks_refresh", &Options::jwks_refresh, "Between two fetches of `jwks_url`.",
                  Check<std::chrono::milliseconds>(must_be_a_second)),
              key("issuer", &Options::issuer, "What `iss` must be; empty = not checked."),
              key("audience", &Options::audience,
                  "One of these must be in `aud`; empty = not checked."),
              key("leeway", &Options::leeway, "Clock skew that is allowed for `exp` and `nbf`."),
              key("require_exp", &Options::require_exp, "Whether a token must have an end."),
              list_of("token_sources", &Options::token_sources, token_source_block(),
                      "Where a token may be; the first that has one decides.", Presence::kOptional),
              list_of("claims", &Options::claims, claim_block(),
                      "What the token must say; all must hold.", Presence::kOptional),
          },
      .check = check_jwt};
  return block;
}

const Block& auth_block() {
  using proxy::AuthOptions;
  static const Block block{
      .title = "an auth block",
      .keys = {key("enabled", &AuthOptions::enabled,
                   "Whether a token is asked for; without it the bucket is public."),
               nested("jwt", &AuthOptions::jwt, jwt_block(),
                      "How tokens are checked; absent = as the `jwt` block of the root says.")}};
  return block;
}

}  // namespace yatagarasu::config
