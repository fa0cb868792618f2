#include "auth/jwt/key_set.h"

#include "auth/jwt/options.h"
#include "core/base64url.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/strict_json.h"
#include "crypto/algorithm.h"
#include "crypto/verification_key.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <expected>
#include <fstream>
#include <ios>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

namespace json = boost::json;
using core::ErrorCode;
using crypto::KeyKind;
using crypto::VerificationKey;
using Algorithms = std::vector<crypto::SignatureAlgorithm>;

// A key file is a few KiB.
constexpr std::size_t kMaxKeyFile = 1024 * 1024;

// Empty when the member is missing or no string.
std::optional<std::string_view> text_of(const json::object& jwk, std::string_view name) {
  const json::value* const value = jwk.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

std::optional<std::string> bytes_of(const json::object& jwk, std::string_view name) {
  const auto text = text_of(jwk, name);
  return text ? core::decode_base64url(*text) : std::nullopt;
}

std::optional<VerificationKey> accepted(core::Result<VerificationKey> key) {
  if (!key) return std::nullopt;
  return *std::move(key);
}

std::optional<VerificationKey> key_of(const json::object& jwk) {
  const auto type = text_of(jwk, "kty");
  const auto curve = text_of(jwk, "crv");
  if (type == "oct") {
    const auto secret = bytes_of(jwk, "k");
    if (!secret || secret->empty()) return std::nullopt;
    return VerificationKey::from_secret(*secret);
  }
  if (type == "RSA") {
    const auto modulus = bytes_of(jwk, "n");
    const auto exponent = bytes_of(jwk, "e");
    if (!modulus || !exponent) return std::nullopt;
    return accepted(VerificationKey::from_rsa(*modulus, *exponent));
  }
  const auto x = bytes_of(jwk, "x");
  if (!x) return std::nullopt;
  if (type == "OKP" && curve == "Ed25519") return accepted(VerificationKey::from_ed25519(*x));
  const auto y = bytes_of(jwk, "y");
  if (type != "EC" || !y) return std::nullopt;
  if (curve == "P-256") return accepted(VerificationKey::from_ec(KeyKind::kEcP256, *x, *y));
  if (curve == "P-384") return accepted(VerificationKey::from_ec(KeyKind::kEcP384, *x, *y));
  return std::nullopt;
}

// RFC 7517 §4.2, §4.3: what the key is for, where it says.
bool is_for_signatures(const json::object& jwk) {
  if (jwk.contains("use") && text_of(jwk, "use") != "sig") return false;
  const json::value* const operations = jwk.if_contains("key_ops");
  if (operations == nullptr) return true;
  const json::array* const list = operations->if_array();
  return list != nullptr && std::ranges::any_of(*list, [](const json::value& operation) {
           return operation == "verify";
         });
}

std::optional<KeySet::Key> read_jwk(const json::value& value, const Algorithms& algorithms) {
  const json::object* const jwk = value.if_object();
  if (jwk == nullptr || !is_for_signatures(*jwk)) return std::nullopt;
  auto verification_key = key_of(*jwk);
  if (!verification_key) return std::nullopt;
  KeySet::Key key{.key = *std::move(verification_key)};
  if (const auto kid = text_of(*jwk, "kid")) {
    key.kid = *kid;
  } else if (jwk->contains("kid")) {
    return std::nullopt;
  }
  if (jwk->contains("alg")) {
    const auto name = text_of(*jwk, "alg");
    key.algorithm = name ? crypto::parse_signature_algorithm(*name) : std::nullopt;
    if (!key.algorithm) return std::nullopt;
  }
  const bool is_useful = std::ranges::any_of(algorithms, [&](crypto::SignatureAlgorithm algorithm) {
    return key.key.can_verify(algorithm) && (!key.algorithm || *key.algorithm == algorithm);
  });
  if (!is_useful) return std::nullopt;
  return key;
}

core::Result<std::string> read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return core::failure(ErrorCode::kConfiguration,
                         path + " cannot be read: " + std::generic_category().message(errno));
  }
  std::string text(kMaxKeyFile + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad() || text.size() > kMaxKeyFile) {
    return core::failure(ErrorCode::kConfiguration, path + " is no file of at most 1 MiB");
  }
  return text;
}

core::Result<KeySet> from_pem_file(const Options& options) {
  const auto text = read_file(options.public_key_file);
  if (!text) return std::unexpected(text.error());
  auto key = VerificationKey::from_pem(*text);
  if (!key) {
    return core::failure(ErrorCode::kConfiguration,
                         options.public_key_file + ": " + key.error().detail);
  }
  const bool fits = std::ranges::all_of(
      options.algorithms,
      [&](crypto::SignatureAlgorithm algorithm) { return key->can_verify(algorithm); });
  if (!fits) {
    return core::failure(ErrorCode::kConfiguration,
                         options.public_key_file + " is a key for other algorithms");
  }
  return KeySet({{.key = *std::move(key)}});
}

KeySet from_secrets(const Options& options, std::chrono::sys_seconds loaded_at) {
  std::vector<KeySet::Key> keys;
  keys.push_back({.key = VerificationKey::from_secret(options.secret.reveal())});
  const auto valid_until =
      options.grace_period.count() == 0
          ? std::chrono::sys_seconds::max()
          : loaded_at + std::chrono::ceil<std::chrono::seconds>(options.grace_period);
  for (const core::Secret& secret : options.previous_secrets) {
    keys.push_back(
        {.key = VerificationKey::from_secret(secret.reveal()), .valid_until = valid_until});
  }
  return KeySet(std::move(keys));
}

}  // namespace

bool KeySet::knows(std::string_view kid) const {
  return std::ranges::any_of(keys_, [&](const Key& key) { return !key.kid || *key.kid == kid; });
}

bool KeySet::has(std::string_view kid) const {
  return std::ranges::any_of(keys_, [&](const Key& key) { return key.kid == kid; });
}

core::Result<KeySet> parse_jwk_set(std::string_view text, const Algorithms& algorithms) {
  const auto root = core::parse_strict_object(text);
  if (!root) return core::failure(ErrorCode::kConfiguration, "is no JSON object");
  std::vector<KeySet::Key> keys;
  if (const json::value* const list = root->if_contains("keys")) {
    if (!list->is_array()) return core::failure(ErrorCode::kConfiguration, "`keys` is no list");
    if (list->get_array().size() > kMaxKeys) {
      return core::failure(ErrorCode::kConfiguration,
                           "has more than " + std::to_string(kMaxKeys) + " keys");
    }
    for (const json::value& item : list->get_array()) {
      if (auto key = read_jwk(item, algorithms)) keys.push_back(*std::move(key));
    }
  } else if (auto key = read_jwk(*root, algorithms)) {
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) {
    return core::failure(ErrorCode::kConfiguration,
                         "has no key that can be used with the configured algorithms");
  }
  return KeySet(std::move(keys));
}

core::Result<KeySet> load_keys(const Options& options, std::chrono::sys_seconds loaded_at) {
  if (!options.secret.empty()) return from_secrets(options, loaded_at);
  if (!options.public_key_file.empty()) return from_pem_file(options);
  const auto text = read_file(options.jwks_file);
  if (!text) return std::unexpected(text.error());
  auto keys = parse_jwk_set(*text, options.algorithms);
  if (!keys) {
    return core::failure(ErrorCode::kConfiguration, options.jwks_file + " " + keys.error().detail);
  }
  return keys;
}

}  // namespace yatagarasu::auth::jwt
