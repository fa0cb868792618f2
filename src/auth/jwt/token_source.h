#pragma once

#include "auth/jwt/options.h"
#include "http/fields.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::auth::jwt {

// The token of a request: that of the first source that has one. An empty value is none, nor is a
// header without its prefix or a parameter with a malformed escape. `query`: as the client sent it.
//
// The view is into `fields`, `query` or `scratch`.
std::optional<std::string_view> find_token(const std::vector<TokenSource>& sources,
                                           const http::Fields& fields, std::string_view query,
                                           std::string& scratch);

}  // namespace yatagarasu::auth::jwt
