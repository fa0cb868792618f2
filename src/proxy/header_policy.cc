#include "proxy/header_policy.h"

#include "core/ascii.h"
#include "http/connection_option.h"
#include "http/fields.h"
#include "http/hop_by_hop.h"
#include "proxy/options.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace yatagarasu::proxy {
namespace {

using core::iequals;
using core::istarts_with;

constexpr std::array<std::string_view, 13> kPassed = {"Content-Type",
                                                      "Content-Encoding",
                                                      "Content-Disposition",
                                                      "Content-Language",
                                                      "Content-Range",
                                                      "Cache-Control",
                                                      "Expires",
                                                      "ETag",
                                                      "Last-Modified",
                                                      "Accept-Ranges",
                                                      "Date",
                                                      "x-amz-version-id",
                                                      "x-amz-website-redirect-location"};

// What this proxy says of every answer itself.
constexpr std::array<std::string_view, 3> kOwn = {"X-Cache", "X-Request-Id", "Content-Length"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view each) { return iequals(each, name); });
}

}  // namespace

HeaderPolicy::HeaderPolicy(const BucketOptions& bucket)
    : bucket_(bucket),
      passes_all_(bucket.pass_response_headers.size() == 1 &&
                  bucket.pass_response_headers.front() == "*") {}

bool HeaderPolicy::passes(std::string_view name) const {
  if (contains(kPassed, name)) return true;
  if (istarts_with(name, "x-amz-meta-") || istarts_with(name, "x-amz-checksum-")) return true;
  if (!passes_all_ && !contains(bucket_.pass_response_headers, name)) return false;
  return !http::is_hop_by_hop(name) && !contains(kOwn, name);
}

http::HeaderBlock HeaderPolicy::to_client(const http::Fields& origin) const {
  http::HeaderBlock headers;
  headers.reserve(640);
  bool has_accept_ranges = false;
  for (const http::Field& field : origin) {
    if (!passes(field.name)) continue;
    if (passes_all_ && http::is_connection_option(origin, field.name)) continue;
    has_accept_ranges = has_accept_ranges || iequals(field.name, "Accept-Ranges");
    headers.add(field.name, field.value);
  }
  if (!has_accept_ranges) headers.add("Accept-Ranges", "bytes");
  return headers;
}

void HeaderPolicy::apply_bucket_rules(http::HeaderBlock& headers) const {
  for (const std::string& name : bucket_.remove_response_headers) headers.remove(name);
  for (const auto& [name, value] : bucket_.set_response_headers) headers.set(name, value);
}

}  // namespace yatagarasu::proxy
