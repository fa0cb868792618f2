#pragma once

#include "http/fields.h"

#include <chrono>
#include <optional>

namespace yatagarasu::auth::jwt {

// For how long the issuer lets its JWK set be used: Cache-Control's max-age less Age (RFC 9111
// §4.2). Empty without max-age, and with one of 0, no-cache or no-store: frameworks put these on
// every answer, so that they say nothing about keys.
//
// What cannot be read counts as absent; the refresh policy bounds the rest.
std::optional<std::chrono::seconds> jwks_lifetime(const http::Fields& fields);

}  // namespace yatagarasu::auth::jwt
