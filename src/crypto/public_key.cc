#include "crypto/public_key.h"

#include "core/free_by.h"
#include "crypto/algorithm.h"
#include "crypto/openssl_handle.h"
#include "crypto/sha256.h"
#include "crypto/sha512.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::crypto {
namespace {

using enum SignatureAlgorithm;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL's name of an algorithm's hash; null where it hashes by itself.
const EVP_MD* digest_of(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case kHs256:
    case kRs256:
    case kPs256:
    case kEs256: return EVP_sha256();
    case kHs384:
    case kRs384:
    case kPs384:
    case kEs384: return EVP_sha384();
    case kHs512:
    case kRs512:
    case kPs512: return EVP_sha512();
    case kEdDsa: break;
  }
  return nullptr;
}

bool is_pss(SignatureAlgorithm algorithm) {
  return algorithm == kPs256 || algorithm == kPs384 || algorithm == kPs512;
}

// A context that is ready to verify signatures of one algorithm; null when OpenSSL refuses.
KeyContextHandle prepare_context(EVP_PKEY* key, SignatureAlgorithm algorithm) {
  KeyContextHandle context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), digest_of(algorithm)) != 1) {
    return nullptr;
  }
  // RFC 7518 §3.5: MGF1 with the same hash, which is OpenSSL's default, and a salt of its size.
  if (is_pss(algorithm) &&
      (EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return nullptr;
  }
  return context;
}

// The ASN.1 form that OpenSSL takes, of R || S; empty when it has another length.
std::string ecdsa_to_der(std::string_view signature, std::size_t field_bytes) {
  if (signature.size() != 2 * field_bytes) return {};
  const auto size = static_cast<int>(field_bytes);
  BignumHandle r(BN_bin2bn(bytes_of(signature), size, nullptr));
  BignumHandle s(BN_bin2bn(bytes_of(signature) + field_bytes, size, nullptr));
  const std::unique_ptr<ECDSA_SIG, core::FreeBy<ECDSA_SIG_free>> parts(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || parts == nullptr) return {};
  ECDSA_SIG_set0(parts.get(), r.release(), s.release());  // Takes both.
  std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(parts.get(), nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(parts.get(), &out);
  return der;
}

}  // namespace

std::shared_ptr<const PublicKey> PublicKey::prepare(KeyKind kind, KeyHandle key) {
  // Not make_shared: the constructor is private.
  const std::shared_ptr<PublicKey> made(new PublicKey(kind, std::move(key)));
  const bool is_ready = made->prepare_contexts();
  ERR_clear_error();
  return is_ready ? made : nullptr;
}

bool PublicKey::prepare_contexts() {
  if (kind_ == KeyKind::kEd25519) {
    ed25519_.reset(EVP_MD_CTX_new());
    return ed25519_ != nullptr &&
           EVP_DigestVerifyInit(ed25519_.get(), nullptr, nullptr, nullptr, key_.get()) == 1;
  }
  for (const SignatureAlgorithm algorithm : kSignatureAlgorithms) {
    if (key_kind_of(algorithm) != kind_) continue;
    KeyContextHandle& context = contexts_[static_cast<std::size_t>(algorithm)];
    context = prepare_context(key_.get(), algorithm);
    if (context == nullptr) return false;
  }
  return true;
}

bool PublicKey::verify(SignatureAlgorithm algorithm, std::string_view message,
                       std::string_view signature) const {
  bool is_good = false;
  switch (algorithm) {
    case kRs256:
    case kPs256: is_good = verify_digest(algorithm, as_bytes(sha256(message)), signature); break;
    case kRs384:
    case kPs384: is_good = verify_digest(algorithm, as_bytes(sha384(message)), signature); break;
    case kRs512:
    case kPs512: is_good = verify_digest(algorithm, as_bytes(sha512(message)), signature); break;
    case kEs256:
      is_good = verify_digest(algorithm, as_bytes(sha256(message)), ecdsa_to_der(signature, 32));
      break;
    case kEs384:
      is_good = verify_digest(algorithm, as_bytes(sha384(message)), ecdsa_to_der(signature, 48));
      break;
    case kEdDsa: is_good = verify_ed25519(message, signature); break;
    case kHs256:
    case kHs384:
    case kHs512: break;  // For secrets.
  }
  // What is left in the thread's queue would be taken for an error of a TLS connection.
  if (!is_good) ERR_clear_error();
  return is_good;
}

bool PublicKey::verify_digest(SignatureAlgorithm algorithm, std::string_view digest,
                              std::string_view signature) const {
  const EVP_PKEY_CTX* const prepared = contexts_[static_cast<std::size_t>(algorithm)].get();
  if (prepared == nullptr || signature.empty()) return false;
  const KeyContextHandle context(EVP_PKEY_CTX_dup(prepared));
  return context != nullptr && EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(),
                                               bytes_of(digest), digest.size()) == 1;
}

bool PublicKey::verify_ed25519(std::string_view message, std::string_view signature) const {
  const DigestContextHandle context(EVP_MD_CTX_new());
  return ed25519_ != nullptr && context != nullptr &&
         EVP_MD_CTX_copy_ex(context.get(), ed25519_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

}  // namespace yatagarasu::crypto
