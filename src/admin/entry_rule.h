#pragma once

#include "core/secret.h"
#include "http/message.h"
#include "server/handler.h"

#include <optional>

namespace yatagarasu::admin {

// The answer to one who may not use the admin endpoints; empty for one who may.
//
// Without a secret whoever reaches the address may do everything, but not the web pages that he
// looks at: a request with an Origin, or for a host that is no address of this machine, is refused.
std::optional<server::Response> refuse_entry(const core::Secret& secret,
                                             const http::RequestHead& head);

}  // namespace yatagarasu::admin
