#pragma once

#include "server/handler.h"

#include <string>
#include <string_view>

namespace yatagarasu::admin {

// A small answer that no cache keeps. `body` is a JSON text.
server::Response json_answer(int status, std::string body);

// The same for other types of text.
server::Response text_answer(std::string_view content_type, std::string body);

// {"error":…,"message":…,"status":…}, as the proxy's own errors.
server::Response json_error(int status, std::string_view error, std::string_view message);

}  // namespace yatagarasu::admin
