#pragma once

#include "core/secret.h"
#include "crypto/hmac.h"

#include <string_view>

namespace yatagarasu::aws {

// What a signing key is good for: one day, region and service. The views are not kept.
struct Scope {
  std::string_view day;  // "20130524"
  std::string_view region;
  std::string_view service;
};

// SigV4: the key derived from the secret for `scope`. Costs about ten times a MAC, so whoever
// signs much keeps it for the day.
crypto::HmacSha256Key derive_signing_key(const core::Secret& secret_key, const Scope& scope);

}  // namespace yatagarasu::aws
