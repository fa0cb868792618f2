#pragma once

#include <array>
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

// All of them, in the order of the enumeration.
inline constexpr std::array<SignatureAlgorithm, 12> kSignatureAlgorithms = {
    SignatureAlgorithm::kHs256, SignatureAlgorithm::kHs384, SignatureAlgorithm::kHs512,
    SignatureAlgorithm::kRs256, SignatureAlgorithm::kRs384, SignatureAlgorithm::kRs512,
    SignatureAlgorithm::kPs256, SignatureAlgorithm::kPs384, SignatureAlgorithm::kPs512,
    SignatureAlgorithm::kEs256, SignatureAlgorithm::kEs384, SignatureAlgorithm::kEdDsa};

// As tokens and configurations write it, e.g. "ES256"; case-sensitive. Empty for any other.
std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name);
std::string_view name_of(SignatureAlgorithm algorithm);

// Made and checked with one shared secret.
bool is_symmetric(SignatureAlgorithm algorithm);

enum class KeyKind : std::uint8_t { kSecret, kRsa, kEcP256, kEcP384, kEd25519 };

// The one kind of key that checks such signatures: an algorithm never goes with another.
KeyKind key_kind_of(SignatureAlgorithm algorithm);

}  // namespace yatagarasu::crypto
