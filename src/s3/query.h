#pragma once

#include "core/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::s3 {

// The parameters of `raw_query` whose decoded names are allowed, in the canonical form in which
// they are signed and sent; empty when there are none. kInvalidRequest when one of the allowed
// ones has a malformed escape; the others are not looked at.
core::Result<std::string> select_query(std::string_view raw_query,
                                       const std::vector<std::string>& allowed);

}  // namespace yatagarasu::s3
