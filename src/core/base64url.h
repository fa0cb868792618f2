#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::core {

// Decodes base64url without padding (RFC 4648 §5, RFC 7515 §2), strictly: empty for any other
// character, for a length that no encoder makes and for left-over bits that are not zero, so that
// no two texts have the same meaning.
std::optional<std::string> decode_base64url(std::string_view text);

std::string encode_base64url(std::string_view bytes);

}  // namespace yatagarasu::core
