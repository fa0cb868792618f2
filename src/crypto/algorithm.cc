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
  return algorithm == kHs256 || algorithm == kHs384 || algorithm == kHs512;
}

}  // namespace yatagarasu::crypto
