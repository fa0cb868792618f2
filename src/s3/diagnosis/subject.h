#pragma once

#include "s3/addressing.h"
#include "s3/options.h"

#include <optional>
#include <string>

namespace yatagarasu::s3::diagnosis {

// A bucket that is looked at.
struct Subject {
  Options options;
  Address address;
  std::string index_key;           // Without key_prefix; empty: no index document.
  std::optional<std::string> key;  // An object that somebody says exists; without key_prefix.

  bool is_signed() const { return !options.access_key.empty(); }
  bool is_aws() const { return options.endpoint.empty(); }
};

}  // namespace yatagarasu::s3::diagnosis
