#pragma once

#include "http/fields.h"
#include "http/message.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

// Cross-origin resource sharing (the Fetch standard, "HTTP CORS protocol") for read-only resources
// without credentials mode: tokens come in a header that the script sets itself.
namespace yatagarasu::http {

struct CorsOptions {
  std::vector<std::string> allow_origins;  // Or one "*".
  std::vector<std::string> allow_headers;
  std::vector<std::string> expose_headers;
  std::chrono::seconds max_age{3600};
};

// An OPTIONS that a browser sends ahead of a request.
bool is_preflight(const RequestHead& request);

// Says in `answer` whether the script of the request's Origin may read it. What the block said
// about CORS before is replaced. Vary names Origin whenever the answer depends on it, also when
// this request has no Origin or one that is not allowed.
void apply_cors(const CorsOptions& options, const Fields& request, HeaderBlock& answer);

// The same for the answer to a preflight: which methods and which of the asked-for headers the
// request may have. "*" in allow_headers allows every header, Authorization included.
void apply_preflight(const CorsOptions& options, const Fields& request, HeaderBlock& answer);

// Makes Vary name the field, keeping what it names already.
void add_vary(HeaderBlock& headers, std::string_view name);

}  // namespace yatagarasu::http
