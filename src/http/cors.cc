#include "http/cors.h"

#include "core/ascii.h"
#include "http/fields.h"
#include "http/message.h"
#include "http/syntax.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::string_view kAllowOrigin = "Access-Control-Allow-Origin";
constexpr std::string_view kExposeHeaders = "Access-Control-Expose-Headers";
constexpr std::string_view kAnything = "*";

bool allows_every_origin(const CorsOptions& options) {
  return std::ranges::find(options.allow_origins, kAnything) != options.allow_origins.end();
}

bool allows_header(const CorsOptions& options, std::string_view name) {
  return std::ranges::any_of(options.allow_headers, [name](std::string_view allowed) {
    return allowed == kAnything || core::iequals(allowed, name);
  });
}

// The value for Access-Control-Allow-Origin; empty when the script may not read the answer.
std::string_view allowed_origin(const CorsOptions& options, const Fields& request) {
  if (allows_every_origin(options)) return kAnything;
  if (request.count("Origin") != 1) return {};
  const std::string_view origin = request.get("Origin");
  const bool is_listed =
      std::ranges::find(options.allow_origins, origin) != options.allow_origins.end();
  return is_listed ? origin : std::string_view{};
}

// True when the origin is allowed.
bool apply_origin(const CorsOptions& options, const Fields& request, HeaderBlock& answer) {
  answer.remove(kAllowOrigin);
  answer.remove(kExposeHeaders);
  answer.remove("Access-Control-Allow-Credentials");
  if (!allows_every_origin(options)) add_vary(answer, "Origin");
  const std::string_view origin = allowed_origin(options, request);
  if (origin.empty()) return false;
  answer.add(kAllowOrigin, origin);
  return true;
}

void append_member(std::string& list, std::string_view member) {
  if (!list.empty()) list += ", ";
  list += member;
}

}  // namespace

bool is_preflight(const RequestHead& request) {
  return request.method == Method::kOptions && request.fields.has("Origin") &&
         request.fields.has("Access-Control-Request-Method");
}

void apply_cors(const CorsOptions& options, const Fields& request, HeaderBlock& answer) {
  if (!apply_origin(options, request, answer) || options.expose_headers.empty()) return;
  std::string exposed;
  for (const std::string& name : options.expose_headers) append_member(exposed, name);
  answer.add(kExposeHeaders, exposed);
}

void apply_preflight(const CorsOptions& options, const Fields& request, HeaderBlock& answer) {
  if (!apply_origin(options, request, answer)) return;
  answer.set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
  std::string allowed;
  for (const Field& field : request) {
    if (!core::iequals(field.name, "Access-Control-Request-Headers")) continue;
    std::string_view asked = field.value;
    while (const auto name = next_member(asked)) {
      if (is_token(*name) && allows_header(options, *name)) append_member(allowed, *name);
    }
  }
  if (!allowed.empty()) answer.set("Access-Control-Allow-Headers", allowed);
  answer.set("Access-Control-Max-Age", std::to_string(options.max_age.count()));
}

void add_vary(HeaderBlock& headers, std::string_view name) {
  std::string names;
  bool has_it = false;
  headers.for_each([&](std::string_view field, std::string_view value) {
    if (!core::iequals(field, "Vary")) return;
    has_it = has_it || has_member(value, name) || has_member(value, kAnything);
    append_member(names, value);
  });
  if (has_it) return;
  append_member(names, name);
  headers.set("Vary", names);
}

}  // namespace yatagarasu::http
