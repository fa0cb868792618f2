#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace yatagarasu::crypto {

// The signature algorithms of JSON Web Signatures that are accepted (RFC 7518 §3.1, RFC 8037 §3.1).
enum class SignatureAlgorithm : std::uint8_t {
  kHs256,
  kHs384,
  kHs512,
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEdDsa,  // Ed25519 only.
};

// As tokens and configurations write it, e.g. "ES256"; case-sensitive. Empty for any other.
std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name);
std::string_view name_of(SignatureAlgorithm algorithm);

// Made and checked with one shared secret.
bool is_symmetric(SignatureAlgorithm algorithm);

}  // namespace yatagarasu::crypto
