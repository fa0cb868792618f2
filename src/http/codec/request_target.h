#pragma once

#include "http/codec/h1_request_parser.h"
#include "http/message.h"

#include <optional>
#include <string_view>

namespace yatagarasu::http {

// Takes the target of a request line apart (RFC 9112 §3.2) into path, query and, for an
// absolute-form target, host. `head.method` is known already: "*" is for OPTIONS alone. Nothing is
// decoded or resolved here.
std::optional<ParseFailure> parse_request_target(std::string_view target, RequestHead& head);

}  // namespace yatagarasu::http
