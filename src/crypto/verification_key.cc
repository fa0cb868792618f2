#include "crypto/verification_key.h"

#include "core/result.h"
#include "crypto/algorithm.h"
#include "crypto/constant_time.h"
#include "crypto/hmac.h"
#include "crypto/openssl_handle.h"
#include "crypto/public_key.h"
#include "crypto/roca.h"
#include "crypto/sha256.h"
#include "crypto/sha512.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::crypto {
namespace {

using core::ErrorCode;
using enum SignatureAlgorithm;

// RFC 7518 §3.3 wants 2048. Above 8192 one signature costs milliseconds.
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;
// Nearly every key has 65537. A verification takes as long as the exponent is, and OpenSSL itself
// allows no more than these where the modulus has more than 3072 bits.
constexpr int kMaxExponentBits = 64;

using PublicKeyResult = core::Result<std::shared_ptr<const PublicKey>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::unexpected<core::Error> refused(std::string why) {
  ERR_clear_error();
  return core::failure(ErrorCode::kConfiguration, std::move(why));
}

BignumHandle number_of(const EVP_PKEY& key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(&key, name, &number);
  return BignumHandle(number);
}

core::Result<void> check_rsa(const EVP_PKEY& key) {
  const int bits = EVP_PKEY_get_bits(&key);
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return refused("the RSA key has " + std::to_string(bits) + " bits; 2048 to 8192 are accepted");
  }
  const BignumHandle exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  if (exponent == nullptr || BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1) {
    return refused("the RSA key's exponent is even or 1");
  }
  if (BN_num_bits(exponent.get()) > kMaxExponentBits) {
    return refused("the RSA key's exponent has more than 64 bits");
  }
  const BignumHandle modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  if (modulus == nullptr || BN_is_odd(modulus.get()) == 0) {
    return refused("the RSA key's modulus is even");
  }
  if (has_roca_fingerprint(*modulus)) {
    return refused("the RSA key is from a broken generator (CVE-2017-15361)");
  }
  return {};
}

PublicKeyResult prepared(KeyKind kind, KeyHandle key) {
  auto made = PublicKey::prepare(kind, std::move(key));
  if (made == nullptr) return refused("OpenSSL cannot verify with the key");
  return made;
}

PublicKeyResult checked(KeyHandle key) {
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1) {
    if (auto sound = check_rsa(*key); !sound) return std::unexpected(std::move(sound.error()));
    return prepared(KeyKind::kRsa, std::move(key));
  }
  if (EVP_PKEY_is_a(key.get(), "ED25519") == 1) {
    return prepared(KeyKind::kEd25519, std::move(key));
  }
  if (EVP_PKEY_is_a(key.get(), "EC") == 1) {
    std::array<char, 64> group{};
    std::size_t size = 0;
    EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), &size);
    const std::string_view name(group.data(), size);
    if (name == SN_X9_62_prime256v1) return prepared(KeyKind::kEcP256, std::move(key));
    if (name == SN_secp384r1) return prepared(KeyKind::kEcP384, std::move(key));
    return refused("the key's curve is not P-256 or P-384");
  }
  return refused("the key is not of a kind that tokens are signed with");
}

PublicKeyResult from_parameters(const char* type, OSSL_PARAM_BLD& builder) {
  const ParamsHandle parameters(OSSL_PARAM_BLD_to_param(&builder));
  const KeyContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* raw = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return refused("the key's numbers are no key");
  }
  return checked(KeyHandle(raw));
}

}  // namespace

struct VerificationKey::SecretKey {
  explicit SecretKey(std::string_view secret) : hs256(secret), hs384(secret), hs512(secret) {}

  HmacSha256Key hs256;
  HmacSha384Key hs384;
  HmacSha512Key hs512;
};

VerificationKey::VerificationKey(std::shared_ptr<const SecretKey> key)
    : kind_(KeyKind::kSecret), secret_(std::move(key)) {}

VerificationKey::VerificationKey(std::shared_ptr<const PublicKey> key)
    : kind_(key->kind()), public_(std::move(key)) {}

core::Result<VerificationKey> VerificationKey::from_public(
    core::Result<std::shared_ptr<const PublicKey>> key) {
  if (!key) return std::unexpected(std::move(key.error()));
  return VerificationKey(*std::move(key));
}

VerificationKey VerificationKey::from_secret(std::string_view secret) {
  return VerificationKey(std::make_shared<const SecretKey>(secret));
}

core::Result<VerificationKey> VerificationKey::from_pem(std::string_view pem) {
  const BioHandle input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyHandle key(PEM_read_bio_PUBKEY(input.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return refused("no public key in PEM (-----BEGIN PUBLIC KEY-----)");
  return from_public(checked(std::move(key)));
}

core::Result<VerificationKey> VerificationKey::from_rsa(std::string_view modulus,
                                                        std::string_view exponent) {
  constexpr std::size_t kMaxBytes = kMaxRsaBits / 8 + 1;
  if (modulus.empty() || exponent.empty() || modulus.size() > kMaxBytes ||
      exponent.size() > kMaxBytes) {
    return refused("the RSA key's numbers are empty or too long");
  }
  const BignumHandle n(BN_bin2bn(bytes_of(modulus), static_cast<int>(modulus.size()), nullptr));
  const BignumHandle e(BN_bin2bn(bytes_of(exponent), static_cast<int>(exponent.size()), nullptr));
  const ParamBuilderHandle builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return from_public(from_parameters("RSA", *builder));
}

core::Result<VerificationKey> VerificationKey::from_ec(KeyKind kind, std::string_view x,
                                                       std::string_view y) {
  const std::size_t field_bytes = kind == KeyKind::kEcP256 ? 32 : 48;
  if (x.size() != field_bytes || y.size() != field_bytes) {
    return refused("the coordinates do not have the length of the curve's field");
  }
  std::string point =
      "\x04";  // Uncompressed (SEC 1 §2.3.3). OpenSSL checks that it is on the curve.
  point.append(x).append(y);
  const ParamBuilderHandle builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                  kind == KeyKind::kEcP256 ? "P-256" : "P-384", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return from_public(from_parameters("EC", *builder));
}

core::Result<VerificationKey> VerificationKey::from_ed25519(std::string_view point) {
  KeyHandle key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(point), point.size()));
  if (key == nullptr) return refused("the Ed25519 key is no point of 32 bytes");
  return from_public(checked(std::move(key)));
}

bool VerificationKey::verify(SignatureAlgorithm algorithm, std::string_view message,
                             std::string_view signature) const {
  if (!can_verify(algorithm)) return false;
  switch (algorithm) {
    case kHs256: return constant_time_equal(as_bytes(secret_->hs256.mac(message)), signature);
    case kHs384: return constant_time_equal(as_bytes(secret_->hs384.mac(message)), signature);
    case kHs512: return constant_time_equal(as_bytes(secret_->hs512.mac(message)), signature);
    case kRs256:
    case kRs384:
    case kRs512:
    case kPs256:
    case kPs384:
    case kPs512:
    case kEs256:
    case kEs384:
    case kEdDsa: break;
  }
  return public_->verify(algorithm, message, signature);
}

}  // namespace yatagarasu::crypto
