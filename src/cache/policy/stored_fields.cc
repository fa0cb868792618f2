#include "cache/policy/stored_fields.h"

#include "core/ascii.h"
#include "http/cache_control.h"
#include "http/connection_option.h"
#include "http/date.h"
#include "http/fields.h"
#include "http/hop_by_hop.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace yatagarasu::cache {
namespace {

// RFC 9111 §3.1; Content-Length and Age are told by the body's size and the time.
bool is_never_stored(std::string_view name) {
  return http::is_hop_by_hop(name) || core::iequals(name, "Content-Length") ||
         core::iequals(name, "Age");
}

// About the bytes of the body, which an update does not change. Content-Type is among them because
// stores put the type of their error pages, or a default, on a 304.
constexpr std::array<std::string_view, 3> kAboutTheBody = {"Content-Encoding", "Content-Range",
                                                           "Content-Type"};
constexpr std::string_view kChecksumPrefix = "x-amz-checksum-";

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::ranges::any_of(names,
                             [name](std::string_view each) { return core::iequals(each, name); });
}

bool is_updatable(std::string_view name) {
  return !is_never_stored(name) && !contains(kAboutTheBody, name) &&
         !core::istarts_with(name, kChecksumPrefix);
}

}  // namespace

http::HeaderBlock stored_fields(const http::HeaderBlock& headers, const http::Fields& origin,
                                const http::CacheControl& control, std::chrono::sys_seconds date) {
  http::HeaderBlock kept;
  kept.reserve(headers.wire().size());
  headers.for_each([&](std::string_view name, std::string_view value) {
    if (is_never_stored(name) || http::is_connection_option(origin, name)) return;
    if (contains(control.no_cache_fields, name) || contains(control.private_fields, name)) return;
    kept.add(name, value);
  });
  const auto sent = kept.get("Date");
  if (!sent || !http::parse_date(*sent, date)) kept.set("Date", http::format_date(date));
  return kept;
}

http::HeaderBlock updated_fields(std::string_view stored, const http::HeaderBlock& update) {
  http::HeaderBlock merged;
  merged.reserve(stored.size() + update.wire().size());
  for (const http::Field& field : fields_of(stored)) {
    if (!is_updatable(field.name) || !update.has(field.name)) merged.add(field.name, field.value);
  }
  update.for_each([&merged](std::string_view name, std::string_view value) {
    if (is_updatable(name)) merged.add(name, value);
  });
  return merged;
}

http::Fields fields_of(std::string_view block) {
  http::Fields fields;
  while (!block.empty()) {
    const std::size_t colon = block.find(": ");
    const std::size_t end = block.find("\r\n", colon);
    if (end == std::string_view::npos) break;
    fields.add(block.substr(0, colon), block.substr(colon + 2, end - colon - 2));
    block.remove_prefix(end + 2);
  }
  return fields;
}

}  // namespace yatagarasu::cache
