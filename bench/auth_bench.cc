// What it costs to know who asks: tokens seen before and for the first time, the latter beside
// OpenSSL's bare verification of the same text with the same key.

#include "auth/authenticator.h"
#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "auth/jwt/verified_cache.h"
#include "auth/jwt/verifier.h"
#include "auth/principal.h"
#include "core/base64url.h"
#include "core/secret.h"
#include "crypto/algorithm.h"
#include "crypto/hmac.h"
#include "crypto/sha256.h"
#include "crypto/verification_key.h"
#include "http/fields.h"
#include "io/loop.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <benchmark/benchmark.h>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::auth {
namespace {

using crypto::SignatureAlgorithm;
using std::chrono::sys_seconds;

constexpr sys_seconds kNow{std::chrono::seconds(1'700'000'000)};
constexpr std::string_view kSecret = "a secret of thirty-two bytes ok.";

// With a header and a signature of HS256 a token of some 200 bytes.
constexpr std::string_view kClaims =
    R"({"sub":"alice@example.org","role":"reader","iat":1700000000,"exp":1700003600,"tenant":42})";

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeKey>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string signed_text(std::string_view header) {
  return core::encode_base64url(header) + "." + core::encode_base64url(kClaims);
}

std::string hs256_token() {
  std::string token = signed_text(R"({"alg":"HS256","typ":"JWT"})");
  const crypto::Sha256Digest mac = crypto::hmac_sha256(kSecret, token);
  return token + "." + core::encode_base64url(crypto::as_bytes(mac));
}

std::string sign(EVP_PKEY* key, const std::string& text) {
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                 bytes_of(text), text.size());
  signature.resize(size);
  return signature;
}

// R and S, each in 32 bytes, of the sequence of two integers that OpenSSL makes.
std::string raw_ecdsa(std::string_view der) {
  std::string raw;
  std::size_t at = 2;
  for (int i = 0; i < 2; ++i) {
    const auto size = static_cast<std::size_t>(der[at + 1]);
    std::string number(der.substr(at + 2, size));
    if (number.size() > 32) number.erase(0, 1);
    raw += std::string(32 - number.size(), '\0') + number;
    at += 2 + size;
  }
  return raw;
}

std::string public_pem(EVP_PKEY* key) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PUBKEY(out.get(), key);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

jwt::KeySet one_key(crypto::VerificationKey key) {
  return jwt::KeySet({{.key = std::move(key)}});
}

void verify_repeatedly(benchmark::State& state, SignatureAlgorithm algorithm,
                       const jwt::KeySet& keys, const std::string& token) {
  jwt::Options options;
  options.algorithms = {algorithm};
  if (jwt::verify_token(token, options, keys, kNow).verdict != jwt::Verdict::kGood) std::abort();
  for (auto _ : state) {
    benchmark::DoNotOptimize(jwt::verify_token(token, options, keys, kNow));
  }
}

void hs256_first_seen(benchmark::State& state) {
  verify_repeatedly(state, SignatureAlgorithm::kHs256,
                    one_key(crypto::VerificationKey::from_secret(kSecret)), hs256_token());
}
BENCHMARK(hs256_first_seen);

// The look-up, with the hash of the signature that it goes by.
void seen_before(benchmark::State& state) {
  const std::string token = hs256_token();
  jwt::VerifiedCache cache;
  cache.insert(jwt::VerifiedCache::Key(token), std::make_shared<const Principal>());
  for (auto _ : state) {
    benchmark::DoNotOptimize(cache.find(jwt::VerifiedCache::Key(token), kNow));
  }
  state.counters["bytes"] = static_cast<double>(token.size());
}
BENCHMARK(seen_before);

// For comparison: what hashing the whole token would take.
void hash_of_token(benchmark::State& state) {
  const std::string token = hs256_token();
  for (auto _ : state) benchmark::DoNotOptimize(crypto::sha256(token));
}
BENCHMARK(hash_of_token);

// All that a request costs, with the search for its token.
void decide_seen_before(benchmark::State& state) {
  jwt::Options options;
  options.algorithms = {SignatureAlgorithm::kHs256};
  options.secret = core::Secret(std::string(kSecret));
  const auto authenticator = Authenticator::create(options, 1, nullptr).value();
  const io::Loop loop(0);
  const std::string authorization = "Bearer " + hs256_token();
  http::Fields fields;
  fields.add("Host", "files.example");
  fields.add("Accept", "*/*");
  fields.add("Authorization", authorization);
  for (auto _ : state) {
    benchmark::DoNotOptimize(authenticator->decide(fields, "", loop, kNow));
  }
}
BENCHMARK(decide_seen_before);

void public_key_first_seen(benchmark::State& state, SignatureAlgorithm algorithm,
                           const PrivateKey& key) {
  const std::string text =
      signed_text(R"({"alg":")" + std::string(name_of(algorithm)) + R"(","typ":"JWT"})");
  std::string signature = sign(key.get(), text);
  if (algorithm == SignatureAlgorithm::kEs256) signature = raw_ecdsa(signature);
  verify_repeatedly(state, algorithm,
                    one_key(crypto::VerificationKey::from_pem(public_pem(key.get())).value()),
                    text + "." + core::encode_base64url(signature));
}

void bare_verification(benchmark::State& state, const PrivateKey& key) {
  const std::string text = signed_text(R"({"alg":"RS256","typ":"JWT"})");
  const std::string signature = sign(key.get(), text);
  EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  for (auto _ : state) {
    const DigestContext context(EVP_MD_CTX_new());
    EVP_DigestVerifyInit(context.get(), nullptr, sha256, nullptr, key.get());
    const int is_good = EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                         bytes_of(text), text.size());
    if (is_good != 1) std::abort();
  }
  EVP_MD_free(sha256);
}

const PrivateKey& rsa_key() {
  static const PrivateKey key(EVP_RSA_gen(2048));
  return key;
}
const PrivateKey& ec_key() {
  static const PrivateKey key(EVP_EC_gen("P-256"));
  return key;
}

void rs256_first_seen(benchmark::State& state) {
  public_key_first_seen(state, SignatureAlgorithm::kRs256, rsa_key());
}
BENCHMARK(rs256_first_seen);

void rs256_bare(benchmark::State& state) {
  bare_verification(state, rsa_key());
}
BENCHMARK(rs256_bare);

void es256_first_seen(benchmark::State& state) {
  public_key_first_seen(state, SignatureAlgorithm::kEs256, ec_key());
}
BENCHMARK(es256_first_seen);

void es256_bare(benchmark::State& state) {
  bare_verification(state, ec_key());
}
BENCHMARK(es256_bare);

}  // namespace
}  // namespace yatagarasu::auth
