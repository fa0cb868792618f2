#pragma once

#include "auth/jwt/options.h"
#include "core/byte_count.h"
#include "http/cors.h"
#include "resilience/options.h"
#include "s3/options.h"

#include <chrono>
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

// The `cache` block of the root; for a bucket, with what differs there.
struct CacheOptions {
  core::ByteCount max_size = core::mib(256);  // Of the whole cache; 0 = none.
  core::ByteCount max_object_size = core::mib(8);
  std::chrono::milliseconds default_ttl{3'600'000};  // Of answers without a freshness of their own.
  std::chrono::milliseconds stale_while_revalidate{0};
  std::chrono::milliseconds stale_if_error{0};
  std::chrono::milliseconds negative_ttl{0};  // Of a 404; 0 = not cached.
};

// The `cache` block of a bucket.
struct CacheOverrides {
  std::optional<bool> enabled;
  std::optional<core::ByteCount> max_object_size;
  std::optional<std::chrono::milliseconds> default_ttl;
  std::optional<std::chrono::milliseconds> stale_while_revalidate;
  std::optional<std::chrono::milliseconds> stale_if_error;
  std::optional<std::chrono::milliseconds> negative_ttl;
};

// One entry of `buckets`, validated.
struct BucketOptions {
  std::string name;
  std::string path_prefix;  // Normalised: "/" or "/a/b" without a trailing slash; decoded bytes.
  s3::Options s3;
  std::optional<AuthOptions> auth;  // Absent: public.
  CacheOverrides cache_overrides;
  std::optional<CacheOptions> cache;  // Both blocks together. Absent: not cached.
  std::optional<http::CorsOptions> cors;
  std::vector<std::pair<std::string, std::string>> set_response_headers;
  std::vector<std::string> remove_response_headers;
  resilience::RateLimitOptions rate_limit;
  std::string index_document;  // Empty = none.
  std::vector<std::string> forward_request_headers;
  std::vector<std::string> pass_response_headers;  // Or one "*".
  ErrorResponses error_responses = ErrorResponses::kProxy;
  std::vector<std::string> allowed_query;
};

}  // namespace yatagarasu::proxy
