#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace yatagarasu::app {

// A secret of 32 random bytes, for one demo.
std::string make_demo_secret();

// A token for the demo's private prefix: HS256, with `sub` and `exp`. Issuers make tokens with a
// library of theirs; the proxy itself never makes one.
std::string make_demo_token(std::string_view secret, std::string_view subject,
                            std::chrono::sys_seconds expires_at);

}  // namespace yatagarasu::app
