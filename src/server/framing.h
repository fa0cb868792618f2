#pragma once

#include "server/handler.h"

#include <cstdint>

// What decides whether an answer has a body and how long it is, in any version of HTTP.
namespace yatagarasu::server {

// Of bytes at hand; 0 for a stream and for nothing.
std::uint64_t size_at_hand(const Body& body);

// RFC 9110 §6.4.1: these have none, whatever the handler says.
bool forbids_body(int status);

}  // namespace yatagarasu::server
