// part: auth
#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "auth/jwt/token.h"
#include "auth/jwt/verifier.h"
#include "core/base64url.h"
#include "crypto/algorithm.h"
#include "crypto/hmac.h"
#include "crypto/sha256.h"
#include "crypto/verification_key.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace yatagarasu;  // NOLINT(google-build-using-namespace)
using auth::jwt::Verdict;

constexpr std::string_view kSecret = "a secret of thirty-two bytes ok.";
constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'700'000'000)};

void require(bool holds) {
  if (!holds) std::abort();
}

const auth::jwt::Options& options() {
  static const auth::jwt::Options options = [] {
    auth::jwt::Options made;
    using enum crypto::SignatureAlgorithm;
    made.algorithms = {kHs256, kHs512, kRs256, kPs256, kEs256, kEdDsa};
    return made;
  }();
  return options;
}

// A secret, and public keys whose private halves nobody here has (RFC 7515 A.3, RFC 8037 A.2).
const auth::jwt::KeySet& keys() {
  static const auth::jwt::KeySet keys = [] {
    const auto published = auth::jwt::parse_jwk_set(
        R"({"keys":[
          {"kty":"EC","crv":"P-256","kid":"ec","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
           "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
          {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})",
        options().algorithms);
    require(published && published->keys().size() == 2);
    auto all = published->keys();
    all.push_back({.key = crypto::VerificationKey::from_secret(kSecret), .kid = "secret"});
    return auth::jwt::KeySet(std::move(all));
  }();
  return keys;
}

Verdict verify(std::string_view token) {
  const auto verified = auth::jwt::verify_token(token, options(), keys(), kNow);
  require((verified.verdict == Verdict::kGood) == (verified.principal != nullptr));
  if (verified.principal != nullptr) {
    require(verified.principal->valid_until > kNow);
    require(verified.principal->claims.size() <= auth::jwt::kMaxTokenBytes);
  }
  return verified.verdict;
}

// The text as it is: nobody who does not know the secret makes a good token.
void verify_text(std::string_view token) {
  const bool is_good = verify(token) == Verdict::kGood;
  const auto parts = auth::jwt::split_token(token);
  if (!is_good || !parts) {
    require(!is_good);
    return;
  }
  const crypto::Sha256Digest mac = crypto::hmac_sha256(kSecret, parts->signed_text);
  require(core::decode_base64url(parts->signature) == crypto::as_bytes(mac));
}

// The text up to the first new line is a header, the rest a payload, both signed: what comes after
// the signature is then reached, too.
void verify_signed(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return;
  std::string token = core::encode_base64url(text.substr(0, end)) + "." +
                      core::encode_base64url(text.substr(end + 1));
  crypto::Sha256Digest mac = crypto::hmac_sha256(kSecret, token);
  const Verdict verdict = verify(token + "." + core::encode_base64url(crypto::as_bytes(mac)));
  mac.front() ^= 1U;
  const Verdict forged = verify(token + "." + core::encode_base64url(crypto::as_bytes(mac)));
  require(forged != Verdict::kGood);
  // What a payload says is never told to one who cannot sign.
  require(forged == verdict || forged == Verdict::kBadSignature);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  verify_text(text);
  verify_signed(text);
  return 0;
}
