#include "http/conditional.h"

#include "core/ascii.h"
#include "http/date.h"
#include "http/entity_tag.h"
#include "http/fields.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace yatagarasu::http {
namespace {

// Whether any of the fields of that name is "*" or lists the current entity-tag.
bool matches_current(const Fields& request, std::string_view name, const Validators& current,
                     EtagComparison comparison) {
  for (const Field& field : request) {
    if (!core::iequals(field.name, name)) continue;
    if (field.value == "*") return true;
    if (etag_list_matches(field.value, current.etag, comparison)) return true;
  }
  return false;
}

std::optional<std::chrono::sys_seconds> date_of(const Fields& request, std::string_view name) {
  if (request.count(name) != 1) return std::nullopt;
  return parse_date(request.get(name));
}

bool is_failed(const Fields& request, const Validators& current) {
  if (request.has("If-Match")) {
    return !matches_current(request, "If-Match", current, EtagComparison::kStrong);
  }
  const auto limit = date_of(request, "If-Unmodified-Since");
  return limit && current.last_modified && *current.last_modified > *limit;
}

bool is_not_modified(const Fields& request, const Validators& current) {
  if (request.has("If-None-Match")) {
    return matches_current(request, "If-None-Match", current, EtagComparison::kWeak);
  }
  const auto since = date_of(request, "If-Modified-Since");
  return since && current.last_modified && *current.last_modified <= *since;
}

}  // namespace

Precondition evaluate_preconditions(const Fields& request, const Validators& current) {
  if (is_failed(request, current)) return Precondition::kFailed;
  if (is_not_modified(request, current)) return Precondition::kNotModified;
  return Precondition::kProceed;
}

bool range_applies(const Fields& request, const Validators& current) {
  const Field* const field = request.find("If-Range");
  if (field == nullptr) return true;
  if (request.count("If-Range") > 1) return false;
  if (is_entity_tag(field->value)) {
    return etags_match(field->value, current.etag, EtagComparison::kStrong);
  }
  const auto date = parse_date(field->value);
  const bool is_same = date && current.last_modified == date;
  return is_same && current.date &&
         *current.last_modified + std::chrono::seconds(1) <= *current.date;
}

}  // namespace yatagarasu::http
