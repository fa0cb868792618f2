#pragma once

#include "http/cache_control.h"
#include "http/fields.h"

#include <chrono>
#include <string_view>

namespace yatagarasu::cache {

// What of a response's header fields is kept (RFC 9111 §3.1): everything but what is about one
// connection, about this proxy's own authentication to the origin, or about framing; Age, which
// is reckoned anew; and the fields that no-cache="..." and private="..." name, since they may not
// be sent again without asking (§5.2.2.4) or not be kept at all (§5.2.2.7).
//
// `headers`: those of the origin that a client may see. `origin`: all of them, for Connection.
// `date` is added where Date is missing or none (RFC 9110 §6.6.1).
http::HeaderBlock stored_fields(const http::HeaderBlock& headers, const http::Fields& origin,
                                const http::CacheControl& control, std::chrono::sys_seconds date);

// The stored fields, with those of a 304 or of an answer to HEAD in place of their namesakes
// (RFC 9111 §3.2). What describes the bytes that are kept stays as it was.
http::HeaderBlock updated_fields(std::string_view stored, const http::HeaderBlock& update);

// A header block as fields that point into it.
http::Fields fields_of(std::string_view block);

}  // namespace yatagarasu::cache
