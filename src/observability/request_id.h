#pragma once

#include <array>
#include <string_view>

namespace yatagarasu::observability {

// The id of a request whose client sent none: 128 random bits in lower-case hexadecimal. Unique,
// and not to be guessed without having seen others; no secret depends on it.
using NewRequestId = std::array<char, 32>;
NewRequestId new_request_id();

// Whether an id that a client sent can be used as it is: 1 to 128 characters out of
// A-Z a-z 0-9 . _ ~ : / + = @ -
bool is_sane_request_id(std::string_view id);

}  // namespace yatagarasu::observability
