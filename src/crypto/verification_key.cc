#include "crypto/verification_key.h"

#include "core/result.h"
#include "core/secret.h"
#include "crypto/algorithm.h"
#include "crypto/constant_time.h"
#include "crypto/hmac.h"
#include "crypto/openssl_handle.h"
#include "crypto/roca.h"
#include "crypto/sha256.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <cstddef>
#include <cstdint>
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

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::unexpected<core::Error> refused(std::string why) {
  ERR_clear_error();
  return core::failure(ErrorCode::kConfiguration, std::move(why));
}

// Fetched once: a look-up by name costs as much as a MAC.
const EVP_MD* digest_of(SignatureAlgorithm algorithm) {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const sha384 = EVP_MD_fetch(nullptr, "SHA384", nullptr);
  static const EVP_MD* const sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  switch (algorithm) {
    case kHs256:
    case kRs256:
    case kPs256:
    case kEs256: return sha256;
    case kHs384:
    case kRs384:
    case kPs384:
    case kEs384: return sha384;
    case kHs512:
    case kRs512:
    case kPs512: return sha512;
    case kEdDsa: break;
  }
  return nullptr;  // Ed25519 hashes by itself.
}

core::Result<void> check_rsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return refused("the RSA key has " + std::to_string(bits) + " bits; 2048 to 8192 are accepted");
  }
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &raw);
  const BignumHandle exponent(raw);
  if (exponent == nullptr || BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1) {
    return refused("the RSA key's exponent is even or 1");
  }
  raw = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &raw);
  const BignumHandle modulus(raw);
  if (modulus == nullptr || has_roca_fingerprint(*modulus)) {
    return refused("the RSA key is from a broken generator (CVE-2017-15361)");
  }
  return {};
}

// The ASN.1 form that OpenSSL takes, of R || S; empty when it has another length.
std::string ecdsa_to_der(std::string_view signature, std::size_t field_bytes) {
  if (signature.size() != 2 * field_bytes) return {};
  const auto size = static_cast<int>(field_bytes);
  BignumHandle r(BN_bin2bn(bytes_of(signature), size, nullptr));
  BignumHandle s(BN_bin2bn(bytes_of(signature) + field_bytes, size, nullptr));
  const std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG_free>> parts(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || parts == nullptr) return {};
  ECDSA_SIG_set0(parts.get(), r.release(), s.release());  // Takes both.
  std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(parts.get(), nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(parts.get(), &out);
  return der;
}

const char* type_name(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa: return "RSA";
    case KeyKind::kEcP256:
    case KeyKind::kEcP384: return "EC";
    case KeyKind::kEd25519: return "ED25519";
    case KeyKind::kSecret: break;
  }
  return "";
}

}  // namespace

struct VerificationKey::SecretKey {
  explicit SecretKey(std::string_view secret) : bytes(std::string(secret)), sha256(secret) {}

  core::Secret bytes;
  HmacSha256Key sha256;  // With both padded blocks hashed: HS256 is what most tokens have.
};

VerificationKey VerificationKey::from_secret(std::string_view secret) {
  VerificationKey key(KeyKind::kSecret, nullptr);
  key.secret_ = std::make_shared<const SecretKey>(secret);
  return key;
}

core::Result<VerificationKey> VerificationKey::from_pem(std::string_view pem) {
  const BioHandle input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PUBKEY(input.get(), nullptr, nullptr, nullptr),
                                EVP_PKEY_free);
  if (key == nullptr) return refused("no public key in PEM (-----BEGIN PUBLIC KEY-----)");
  return from_key(std::move(key));
}

core::Result<VerificationKey> VerificationKey::from_key(std::shared_ptr<EVP_PKEY> key) {
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1) {
    if (auto sound = check_rsa(key.get()); !sound) return std::unexpected(sound.error());
    return VerificationKey(KeyKind::kRsa, std::move(key));
  }
  if (EVP_PKEY_is_a(key.get(), "ED25519") == 1) {
    return VerificationKey(KeyKind::kEd25519, std::move(key));
  }
  if (EVP_PKEY_is_a(key.get(), "EC") == 1) {
    std::array<char, 64> group{};
    std::size_t size = 0;
    EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), &size);
    const std::string_view name(group.data(), size);
    if (name == SN_X9_62_prime256v1) return VerificationKey(KeyKind::kEcP256, std::move(key));
    if (name == SN_secp384r1) return VerificationKey(KeyKind::kEcP384, std::move(key));
    return refused("the key's curve is not P-256 or P-384");
  }
  return refused("the key is not of a kind that tokens are signed with");
}

core::Result<VerificationKey> VerificationKey::from_parameters(KeyKind kind,
                                                               OSSL_PARAM* parameters) {
  const KeyContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, type_name(kind), nullptr));
  EVP_PKEY* raw = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return refused("the key's numbers are no key");
  }
  std::shared_ptr<EVP_PKEY> key(raw, EVP_PKEY_free);
  const KeyContextHandle check(EVP_PKEY_CTX_new_from_pkey(nullptr, raw, nullptr));
  if (kind != KeyKind::kRsa && EVP_PKEY_public_check(check.get()) != 1) {
    return refused("the key's point is not on its curve");
  }
  return from_key(std::move(key));
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
  const ParamsHandle parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  return from_parameters(KeyKind::kRsa, parameters.get());
}

core::Result<VerificationKey> VerificationKey::from_ec(KeyKind kind, std::string_view x,
                                                       std::string_view y) {
  const std::size_t field_bytes = kind == KeyKind::kEcP256 ? 32 : 48;
  if (x.size() != field_bytes || y.size() != field_bytes) {
    return refused("the coordinates do not have the length of the curve's field");
  }
  std::string point = "\x04";  // Uncompressed (SEC 1 §2.3.3).
  point.append(x).append(y);
  const ParamBuilderHandle builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                  kind == KeyKind::kEcP256 ? "P-256" : "P-384", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  const ParamsHandle parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  return from_parameters(kind, parameters.get());
}

core::Result<VerificationKey> VerificationKey::from_ed25519(std::string_view point) {
  std::shared_ptr<EVP_PKEY> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(point), point.size()),
      EVP_PKEY_free);
  if (key == nullptr) return refused("the Ed25519 key is no point of 32 bytes");
  return VerificationKey(KeyKind::kEd25519, std::move(key));
}

bool VerificationKey::can_verify(SignatureAlgorithm algorithm) const {
  switch (algorithm) {
    case kHs256:
    case kHs384:
    case kHs512: return kind_ == KeyKind::kSecret;
    case kRs256:
    case kRs384:
    case kRs512:
    case kPs256:
    case kPs384:
    case kPs512: return kind_ == KeyKind::kRsa;
    case kEs256: return kind_ == KeyKind::kEcP256;
    case kEs384: return kind_ == KeyKind::kEcP384;
    case kEdDsa: return kind_ == KeyKind::kEd25519;
  }
  return false;
}

bool VerificationKey::verify(SignatureAlgorithm algorithm, std::string_view message,
                             std::string_view signature) const {
  if (!can_verify(algorithm)) return false;
  if (kind_ == KeyKind::kSecret) return verify_mac(algorithm, message, signature);
  const bool is_good = verify_public(algorithm, message, signature);
  ERR_clear_error();
  return is_good;
}

bool VerificationKey::verify_mac(SignatureAlgorithm algorithm, std::string_view message,
                                 std::string_view mac) const {
  if (algorithm == kHs256) {
    const Sha256Digest expected = secret_->sha256.mac(message);
    return constant_time_equal(as_bytes(expected), mac);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> expected{};
  unsigned size = 0;
  const std::string_view secret = secret_->bytes.reveal();
  if (HMAC(digest_of(algorithm), secret.data(), static_cast<int>(secret.size()), bytes_of(message),
           message.size(), expected.data(), &size) == nullptr) {
    return false;
  }
  return constant_time_equal({reinterpret_cast<const char*>(expected.data()), size}, mac);
}

bool VerificationKey::verify_public(SignatureAlgorithm algorithm, std::string_view message,
                                    std::string_view signature) const {
  std::string der;
  if (algorithm == kEs256 || algorithm == kEs384) {
    der = ecdsa_to_der(signature, algorithm == kEs256 ? 32 : 48);
    if (der.empty()) return false;
    signature = der;
  }
  const DigestContextHandle context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // Belongs to the context.
  if (context == nullptr || EVP_DigestVerifyInit(context.get(), &parameters, digest_of(algorithm),
                                                 nullptr, key_.get()) != 1) {
    return false;
  }
  if (algorithm == kPs256 || algorithm == kPs384 || algorithm == kPs512) {
    // RFC 7518 §3.5: MGF1 with the same hash, which is OpenSSL's default, and a salt of its size.
    if (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1) {
      return false;
    }
  }
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

}  // namespace yatagarasu::crypto
