#pragma once

#include <string_view>

namespace yatagarasu::http {

// Whether the text is what a Host field or the authority of an http URI may be: a DNS name, an
// IPv4 address or a bracketed IPv6 address, with or without a port up to 65535.
//
// Narrower than RFC 3986 §3.2 on purpose: a registered name of other characters ("*", "a,b",
// "a%2eb") is no host on the Internet, and two recipients may read it differently.
bool is_valid_host(std::string_view text);

}  // namespace yatagarasu::http
