#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace yatagarasu::config {

// A path_prefix in the form that routing compares: runs of slashes are one, and none is at the
// end, except for "/" itself. The text is decoded bytes: "%20" is three characters.
// The error completes "must be ".
std::expected<std::string, std::string> normalize_prefix(std::string_view text);

}  // namespace yatagarasu::config
