#pragma once

#include "core/secret.h"

#include <string>

namespace yatagarasu::devs3 {

struct Options {
  std::string bucket;  // The one bucket there is.
  std::string region = "us-east-1";
  core::Secret access_key;
  core::Secret secret_key;
};

}  // namespace yatagarasu::devs3
