#pragma once

#include "core/cidr.h"
#include "http/fields.h"

#include <vector>

namespace yatagarasu::proxy {

// The address a request comes from: the TCP peer, or, when the peer is a trusted proxy, the
// rightmost address of X-Forwarded-For that is not itself one. A header from anybody else says
// nothing, and neither does anything left of an entry that is no address.
core::IpAddress client_address(const core::IpAddress& peer, const http::Fields& fields,
                               const std::vector<core::Cidr>& trusted_proxies);

}  // namespace yatagarasu::proxy
