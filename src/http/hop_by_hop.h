#pragma once

#include <string_view>

// Fields that are about one connection and not about the message.
namespace yatagarasu::http {

// Whether it says something of the connection itself or of the framing on it, so that HTTP/2 has no
// place for it (RFC 9113 §8.2.2).
bool is_connection_specific(std::string_view name);

// Whether an intermediary keeps it to itself (RFC 9110 §7.6.1 and §11.7): those above, and what is
// for the next hop only. Content-Length is none.
bool is_hop_by_hop(std::string_view name);

}  // namespace yatagarasu::http
