#pragma once

#include <string_view>

namespace yatagarasu::server {

// The time of now as a Date field has it (RFC 9110 §6.6.1); made once a second. Valid as long as
// the thread; when it asks again later, the same bytes have become the new date.
std::string_view current_date();

}  // namespace yatagarasu::server
