#pragma once

#include <string_view>

namespace yatagarasu::server {

// The time of now as a Date field has it (RFC 9110 §6.6.1); made once a second. Valid until the
// same thread asks again.
std::string_view current_date();

}  // namespace yatagarasu::server
