#pragma once

#include "admin/cache_admin.h"

#include <expected>
#include <string>
#include <string_view>

namespace yatagarasu::admin {

// What the body of a purge names, {"bucket":…}, with "key" or "prefix", or {"all":true}; else what
// is wrong with it, for the one who sent it. Nothing is guessed: a member that is unknown, twice
// there or of another type is an error, since it could have been meant to spare something.
std::expected<CacheAdmin::Target, std::string> parse_purge_request(std::string_view body);

}  // namespace yatagarasu::admin
