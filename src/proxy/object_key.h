#pragma once

#include "proxy/options.h"

#include <string>
#include <string_view>

namespace yatagarasu::proxy {

// The key that is asked for, without key_prefix: a key that is empty or ends in "/" becomes that
// of its index document, where the bucket has one. Empty: there is nothing to ask for.
std::string object_key(const BucketOptions& bucket, std::string_view key);

}  // namespace yatagarasu::proxy
