#pragma once

#include "http/codec/h1_request_parser.h"
#include "http/message.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace yatagarasu::http {

// Longer than any method that is known.
inline constexpr std::size_t kLongestMethod = 64;

// Takes the method of a request in; the same rules whatever version of HTTP brought it.
std::optional<ParseFailure> parse_method(std::string_view text, RequestHead& head);

}  // namespace yatagarasu::http
