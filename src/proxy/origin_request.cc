#include "proxy/origin_request.h"

#include "core/ascii.h"
#include "core/result.h"
#include "http/connection_option.h"
#include "http/date.h"
#include "http/entity_tag.h"
#include "http/fields.h"
#include "http/message.h"
#include "http/range.h"
#include "proxy/options.h"
#include "s3/query.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::proxy {
namespace {

// Lower-case, as the signer wants its names.
constexpr std::string_view kRange = "range";
constexpr std::string_view kIfMatch = "if-match";
constexpr std::string_view kIfUnmodifiedSince = "if-unmodified-since";

bool is_date(std::string_view value) {
  return http::parse_date(value).has_value();
}

}  // namespace

OriginRequest::OriginRequest(const http::RequestHead& client, const BucketOptions& bucket) {
  core::Result<std::string> query = s3::select_query(client.query, bucket.allowed_query);
  is_malformed_ = !query;
  if (query) query_ = std::move(*query);
  add_conditions(client.fields);
  // RFC 9110 §14.2: Range means something for GET alone.
  if (client.method == http::Method::kGet) add_range(client.fields);
  const bool is_whole_get = client.method == http::Method::kGet && !is_ranged_;
  if (is_whole_get) add_checksum_mode();
  add_forwarded(client.fields, bucket);
}

OriginRequest OriginRequest::of_whole(http::Method method, const http::Fields& client,
                                      std::string query, const BucketOptions& bucket) {
  OriginRequest request;
  request.query_ = std::move(query);
  if (method == http::Method::kGet) request.add_checksum_mode();
  request.add_forwarded(client, bucket);
  std::erase_if(request.headers_, [](const http::Field& field) {
    return field.name == kRange || field.name.starts_with("if-");
  });
  return request;
}

http::Fields OriginRequest::fields() const {
  http::Fields fields;
  for (const http::Field& field : headers_) fields.add(field.name, field.value);
  return fields;
}

void OriginRequest::add(std::string_view name, std::string value) {
  headers_.push_back({name, values_.emplace_front(std::move(value))});
}

void OriginRequest::add_conditions(const http::Fields& client) {
  struct Condition {
    std::string_view name;
    std::string_view sent_name;
    bool is_date;
    std::string_view outranked_by;
  };
  static constexpr std::array<Condition, 4> kConditions = {{
      {"If-Match", kIfMatch, false, {}},
      {"If-None-Match", "if-none-match", false, {}},
      {"If-Modified-Since", "if-modified-since", true, "If-None-Match"},
      {"If-Unmodified-Since", kIfUnmodifiedSince, true, "If-Match"},
  }};
  for (const Condition& condition : kConditions) {
    const auto value = client.joined(condition.name);
    if (!value || (condition.is_date && !is_date(*value))) continue;
    // RFC 9110 §13.1.3, §13.1.4: entity-tags make the dates meaningless; not all stores know.
    if (!condition.outranked_by.empty() && client.has(condition.outranked_by)) continue;
    add(condition.sent_name, *value);
  }
}

void OriginRequest::add_range(const http::Fields& client) {
  const http::RangeRequest range = http::parse_range(client);
  if (range.outcome != http::RangeOutcome::kOne) return;
  const http::Field* const if_range = client.find("If-Range");
  if (if_range != nullptr) {
    // A condition of its own beside it could fail for either reason; the whole object is then
    // always a right answer.
    if (client.has("If-Match") || client.has("If-Unmodified-Since")) return;
    if (http::is_strong_etag(if_range->value)) {
      add(kIfMatch, std::string(if_range->value));
    } else if (is_date(if_range->value)) {
      add(kIfUnmodifiedSince, std::string(if_range->value));
    } else {
      return;
    }
    is_if_range_ = true;
  }
  add(kRange, http::format_range(range.spec));
  is_ranged_ = true;
}

void OriginRequest::add_forwarded(const http::Fields& client, const BucketOptions& bucket) {
  for (const std::string& name : bucket.forward_request_headers) {
    const auto value = client.joined(name);
    if (!value || http::is_connection_option(client, name)) continue;
    const std::string_view lower = values_.emplace_front(core::to_lower(name));
    const bool is_known = std::ranges::any_of(
        headers_, [&](const http::Field& field) { return field.name == lower; });
    if (!is_known) add(lower, *value);
  }
}

bool OriginRequest::drop_date_condition() {
  return std::erase_if(headers_, [](const http::Field& field) {
           return field.name == kIfUnmodifiedSince;
         }) > 0;
}

void OriginRequest::ask_for_whole() {
  std::erase_if(headers_, [](const http::Field& field) {
    return field.name == kRange || field.name == kIfMatch || field.name == kIfUnmodifiedSince;
  });
  add_checksum_mode();
  is_ranged_ = is_if_range_ = false;
}

}  // namespace yatagarasu::proxy
