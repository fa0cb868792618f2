#pragma once

#include "core/secret.h"

#include <cstdint>
#include <string>

namespace yatagarasu::admin {

// The `admin` block.
struct Options {
  bool enabled = true;
  std::string address = "127.0.0.1";  // IPv4 or IPv6; validated.
  std::uint16_t port = 9090;          // 0 picks a free one.
  core::Secret token;                 // Empty: whoever reaches the address may do everything.
};

}  // namespace yatagarasu::admin
