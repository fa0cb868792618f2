#pragma once

#include "auth/jwt/options.h"
#include "http/cors.h"
#include "s3/options.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::proxy {

enum class ErrorResponses : std::uint8_t {
  kProxy,   // The JSON errors of this proxy.
  kOrigin,  // What the origin answered: status and body.
};

// The `auth` block of a bucket.
struct AuthOptions {
  bool enabled = true;
  std::optional<auth::jwt::Options> jwt;  // There when enabled.
};

// One entry of `buckets`, validated.
struct BucketOptions {
  std::string name;
  std::string path_prefix;  // Normalised: "/" or "/a/b" without a trailing slash; decoded bytes.
  s3::Options s3;
  std::optional<AuthOptions> auth;  // Absent: public.
  std::optional<http::CorsOptions> cors;
  std::vector<std::pair<std::string, std::string>> set_response_headers;
  std::vector<std::string> remove_response_headers;
  std::string index_document;  // Empty = none.
  std::vector<std::string> forward_request_headers;
  std::vector<std::string> pass_response_headers;  // Or one "*".
  ErrorResponses error_responses = ErrorResponses::kProxy;
  std::vector<std::string> allowed_query;
};

}  // namespace yatagarasu::proxy
