#include "crypto/algorithm.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::crypto {
namespace {

using enum SignatureAlgorithm;

constexpr std::array<std::pair<std::string_view, SignatureAlgorithm>, 12> kNames = {{
    {"HS256", kHs256},
    {"HS384", kHs384},
    {"HS512", kHs512},
    {"RS256", kRs256},
    {"RS384", kRs384},
    {"RS512", kRs512},
    {"PS256", kPs256},
    {"PS384", kPs384},
    {"PS512", kPs512},
    {"ES256", kEs256},
    {"ES384", kEs384},
    {"EdDSA", kEdDsa},
}};

}  // namespace

std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name) {
  const auto* const found =
      std::ranges::find(kNames, name, &std::pair<std::string_view, SignatureAlgorithm>::first);
  if (found == kNames.end()) return std::nullopt;
  return found->second;
}

std::string_view name_of(SignatureAlgorithm algorithm) {
  return std::ranges::find(kNames, algorithm,
                           &std::pair<std::string_view, SignatureAlgorithm>::second)
      ->first;
}

bool is_symmetric(SignatureAlgorithm algorithm) {
  return key_kind_of(algorithm) == KeyKind::kSecret;
}

KeyKind key_kind_of(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case kHs256:
    case kHs384:
    case kHs512: break;
    case kRs256:
    case kRs384:
    case kRs512:
    case kPs256:
    case kPs384:
    case kPs512: return KeyKind::kRsa;
    case kEs256: return KeyKind::kEcP256;
    case kEs384: return KeyKind::kEcP384;
    case kEdDsa: return KeyKind::kEd25519;
  }
  return KeyKind::kSecret;
}

}  // namespace yatagarasu::crypto
