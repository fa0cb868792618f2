#pragma once

#include <string_view>

namespace yatagarasu::devs3 {

// The media type that a key's extension stands for, in any case; binary/octet-stream, as S3
// answers for an object stored without one, where it says nothing. Static text.
std::string_view content_type_of(std::string_view key);

}  // namespace yatagarasu::devs3
