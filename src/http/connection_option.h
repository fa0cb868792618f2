#pragma once

#include "http/fields.h"

#include <string_view>

namespace yatagarasu::http {

// Whether the message's Connection fields name the field: it is then about this connection alone
// and not passed on (RFC 9110 §7.6.1).
bool is_connection_option(const Fields& fields, std::string_view name);

}  // namespace yatagarasu::http
