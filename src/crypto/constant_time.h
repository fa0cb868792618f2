#pragma once

#include <string_view>

namespace yatagarasu::crypto {

// Whether both are the same bytes, in a time that depends on their lengths only: for MACs and
// tokens, where the place of the first difference must not show.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace yatagarasu::crypto
