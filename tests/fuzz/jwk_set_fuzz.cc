// part: auth
#include "auth/jwt/key_set.h"
#include "crypto/algorithm.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

using namespace yatagarasu;  // NOLINT(google-build-using-namespace)
using crypto::SignatureAlgorithm;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Any text is a set of keys that can be used, or refused with a reason.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using enum SignatureAlgorithm;
  static const std::vector<SignatureAlgorithm> algorithms = {kHs256, kRs256, kPs384,
                                                             kEs256, kEs384, kEdDsa};
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const auto keys = auth::jwt::parse_jwk_set(text, algorithms);
  if (!keys) {
    require(!keys.error().detail.empty());
    return 0;
  }
  require(!keys->keys().empty() && keys->keys().size() <= auth::jwt::kMaxKeys);
  for (const auth::jwt::KeySet::Key& key : keys->keys()) {
    int usable = 0;
    for (const SignatureAlgorithm algorithm : algorithms) {
      if (key.algorithm && *key.algorithm != algorithm) continue;
      if (key.key.can_verify(algorithm)) ++usable;
      require(!key.key.verify(algorithm, "message", "no signature"));
    }
    require(usable > 0);
    require(!key.kid || keys->knows(*key.kid));
  }
  return 0;
}
