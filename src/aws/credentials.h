#pragma once

#include "core/secret.h"

#include <string>

namespace yatagarasu::aws {

// One set of AWS credentials. The access key is an identifier, sent with every request; the other
// two are secrets.
struct Credentials {
  std::string access_key;
  core::Secret secret_key;
  core::Secret session_token;  // Empty for long-lived keys.

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

}  // namespace yatagarasu::aws
