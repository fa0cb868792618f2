#include "cache/policy/validation.h"

#include "cache/policy/admission.h"
#include "cache/policy/freshness.h"
#include "cache/policy/options.h"
#include "cache/policy/stored_fields.h"
#include "cache/policy/stored_response.h"
#include "core/ascii.h"
#include "http/cache_control.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/entity_tag.h"
#include "http/fields.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::cache {
namespace {

using std::chrono::seconds;

// RFC 9111 §4.3.4. Stores that leave the entity-tag out of a 304 mean the one that was asked for.
bool is_same_representation(const StoredView& stored, const http::Fields& answer) {
  const std::string_view etag = answer.get("ETag");
  if (http::is_entity_tag(etag) && !stored.etag().empty()) {
    return http::etags_match(etag, stored.etag(), http::EtagComparison::kWeak);
  }
  const auto modified = http::parse_date(answer.get("Last-Modified"), stored.metadata.changed);
  if (!modified || !stored.metadata.is(Trait::kHasLastModified)) return true;
  return *modified == stored.metadata.changed;
}

std::optional<Update> update(const StoredView& stored, const OriginAnswer& answer,
                             const PolicyOptions& options) {
  const Time received = answer.exchanged.response_time;
  http::HeaderBlock merged = updated_fields(stored.fields, answer.headers);
  // Without one, the old Date would make the response as old as the entry was.
  if (!answer.headers.has("Date")) {
    merged.set("Date", http::format_date(std::chrono::floor<seconds>(received)));
  }
  const http::Fields fields = fields_of(merged.wire());
  const http::CacheControl control = http::parse_cache_control(fields);
  const int status = stored.metadata.status;

  const http::HeaderBlock kept =
      stored_fields(merged, answer.fields, control, std::chrono::floor<seconds>(received));
  if (kept.wire().size() > kMaxStoredFields) return std::nullopt;
  Update result{.response = {.metadata = {}, .fields = std::string(kept.wire())}};
  result.response.metadata = describe({.status = status,
                                       .fields = result.response.fields,
                                       .age = read_age(answer.fields),
                                       .exchanged = answer.exchanged},
                                      options);
  result.may_stay =
      !forbidden_by(control, status) && is_reusable(result.response.metadata, received);
  return result;
}

// If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since; If-Range goes with them.
bool may_be_condition(const http::Field& field) {
  return core::istarts_with(field.name, "If-");
}

}  // namespace

std::optional<http::Field> validation_condition(const StoredView& stored) {
  if (!stored.etag().empty()) return http::Field{"if-none-match", stored.etag()};
  if (!stored.metadata.is(Trait::kHasLastModified)) return std::nullopt;
  return http::Field{"if-modified-since", fields_of(stored.fields).get("Last-Modified")};
}

std::optional<Update> freshen(const StoredView& stored, const OriginAnswer& not_modified,
                              const PolicyOptions& options) {
  if (!is_same_representation(stored, not_modified.fields)) return std::nullopt;
  return update(stored, not_modified, options);
}

std::optional<Update> freshen_by_head(const StoredView& stored, const HeadAnswer& head,
                                      const PolicyOptions& options) {
  const OriginAnswer& answer = head.answer;
  if (answer.status != stored.metadata.status) return std::nullopt;
  if (!is_same_representation(stored, answer.fields)) return std::nullopt;
  if (head.content_length && *head.content_length != head.stored_size) return std::nullopt;
  return update(stored, answer, options);
}

http::Precondition evaluate_conditions(const http::Fields& request, const StoredView& stored) {
  // Most requests have none: a hit pays for one look at its fields.
  if (std::ranges::none_of(request, may_be_condition)) return http::Precondition::kProceed;
  const Metadata& metadata = stored.metadata;
  if (metadata.status < 200 || metadata.status > 299) return http::Precondition::kProceed;
  http::Validators current{.etag = stored.etag(), .last_modified = {}, .date = {}};
  if (metadata.is(Trait::kHasLastModified)) current.last_modified = metadata.changed;
  const http::Precondition outcome = http::evaluate_preconditions(request, current);
  if (outcome != http::Precondition::kProceed || current.last_modified) return outcome;
  // RFC 9111 §4.3.2: If-Modified-Since is held against Date where there is no Last-Modified. For
  // If-Unmodified-Since there is no such rule.
  if (request.has("If-Unmodified-Since")) return outcome;
  current.last_modified = metadata.changed;
  return http::evaluate_preconditions(request, current);
}

}  // namespace yatagarasu::cache
