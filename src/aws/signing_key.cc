#include "aws/signing_key.h"

#include "core/secret.h"
#include "crypto/hmac.h"

#include <string>
#include <utility>

namespace yatagarasu::aws {

crypto::HmacSha256Key derive_signing_key(const core::Secret& secret_key, const Scope& scope) {
  std::string prefixed;
  // Whole from the start: growing would leave an unwiped copy of the secret on the heap.
  prefixed.reserve(4 + secret_key.reveal().size());
  prefixed.append("AWS4").append(secret_key.reveal());
  const core::Secret seed(std::move(prefixed));

  return crypto::HmacSha256Key(seed.reveal())
      .derive(scope.day)
      .derive(scope.region)
      .derive(scope.service)
      .derive("aws4_request");
}

}  // namespace yatagarasu::aws
