#include "cache/policy/admission.h"

#include "cache/policy/freshness.h"
#include "cache/policy/options.h"
#include "cache/policy/stored_fields.h"
#include "cache/policy/stored_response.h"
#include "cache/policy/vary.h"
#include "http/cache_control.h"
#include "http/date.h"
#include "http/entity_tag.h"
#include "http/fields.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kOk = 200;
constexpr int kPartialContent = 206;
constexpr int kNotModified = 304;
constexpr int kNotFound = 404;
constexpr int kFirstError = 400;

// The statuses of RFC 9110 §15, whose meaning for caching is known (§5.2.2.3 asks). Ranges, both
// ends included.
constexpr std::array<std::pair<int, int>, 8> kUnderstood = {{{200, 205},
                                                             {300, 305},
                                                             {307, 308},
                                                             {400, 417},
                                                             {421, 422},
                                                             {426, 426},
                                                             {500, 505},
                                                             {511, 511}}};

bool is_understood(int status) {
  return std::ranges::any_of(kUnderstood, [status](const auto& range) {
    return range.first <= status && status <= range.second;
  });
}

bool is_storable_status(int status, Storable storable) {
  switch (storable) {
    case Storable::kObjects: return status == kOk;
    case Storable::kAnyStatus:
      return status >= kOk && status != kPartialContent && status != kNotModified;
  }
  return false;
}

std::uint32_t window_of(std::optional<seconds> own, milliseconds otherwise, int status) {
  // Keeping an error longer than its origin asked helps nobody.
  const milliseconds implied = status < kFirstError ? otherwise : milliseconds(0);
  const seconds window = own ? *own : std::chrono::ceil<seconds>(implied);
  return static_cast<std::uint32_t>(std::clamp(window, seconds(0), http::kMaxDelta).count());
}

void describe_validators(Metadata& metadata, std::string_view block, const http::Fields& fields) {
  const std::string_view etag = fields.get("ETag");
  if (http::is_entity_tag(etag) && block.size() <= kMaxStoredFields) {
    metadata.etag_offset = static_cast<std::uint16_t>(etag.data() - block.data());
    metadata.etag_size = static_cast<std::uint16_t>(etag.size());
  }
  if (const auto modified = http::parse_date(fields.get("Last-Modified"), metadata.changed)) {
    metadata.changed = *modified;
    metadata.set(Trait::kHasLastModified);
  }
}

}  // namespace

Metadata describe(const Description& response, const PolicyOptions& options) {
  const http::Fields fields = fields_of(response.fields);
  const http::CacheControl control = http::parse_cache_control(fields);
  const auto date = date_of(fields, response.exchanged.response_time);
  const auto own = explicit_lifetime(control, fields, date);
  const milliseconds lifetime =
      own ? *own : implied_lifetime(response.status, control, options).value_or(milliseconds(0));

  Metadata metadata;
  metadata.status = static_cast<std::uint16_t>(response.status);
  metadata.born = time_of_birth(date, response.age, response.exchanged);
  metadata.fresh_until = metadata.born + lifetime;
  metadata.stale_while_revalidate_s =
      window_of(control.stale_while_revalidate, options.stale_while_revalidate, response.status);
  metadata.stale_if_error_s =
      window_of(control.stale_if_error, options.stale_if_error, response.status);
  metadata.changed = date;
  describe_validators(metadata, response.fields, fields);
  if (control.no_cache) metadata.set(Trait::kNoCache);
  // RFC 9111 §5.2.2.10: s-maxage says proxy-revalidate as well.
  if (control.must_revalidate || control.proxy_revalidate || control.s_maxage) {
    metadata.set(Trait::kNeverStale);
  }
  return metadata;
}

bool is_reusable(const Metadata& stored, Time response_time) {
  const bool has_validator = stored.etag_size > 0 || stored.is(Trait::kHasLastModified);
  if (has_validator && stored.status < kFirstError) return true;
  if (stored.is(Trait::kNoCache)) return false;
  if (response_time < stored.fresh_until) return true;
  const std::uint32_t window_s = std::max(stored.stale_while_revalidate_s, stored.stale_if_error_s);
  return !stored.is(Trait::kNeverStale) && response_time < stored.fresh_until + seconds(window_s);
}

std::optional<Refusal> forbidden_by(const http::CacheControl& control, int status) {
  if (control.must_understand && !is_understood(status)) return Refusal::kStatus;
  // RFC 9111 §5.2.2.3: who understands the status ignores the no-store beside it.
  if (control.no_store && !control.must_understand) return Refusal::kNoStore;
  if (control.is_private) return Refusal::kPrivate;
  return std::nullopt;
}

std::expected<Admission, Refusal> admit(const OriginAnswer& answer, const Rules& rules) {
  const PolicyOptions& options = rules.options;
  if (!is_storable_status(answer.status, options.storable)) {
    return std::unexpected(Refusal::kStatus);
  }
  const http::CacheControl control = http::parse_cache_control(answer.fields);
  if (const auto refusal = forbidden_by(control, answer.status)) return std::unexpected(*refusal);
  Vary vary = read_vary(answer.fields, rules.forwarded);
  if (vary.is_any) return std::unexpected(Refusal::kVaryAny);

  const Time received = answer.exchanged.response_time;
  const auto date = date_of(answer.fields, received);
  // RFC 9111 §3: with an explicit lifetime, or of a status that is cacheable without.
  if (!explicit_lifetime(control, answer.fields, date) &&
      !implied_lifetime(answer.status, control, options)) {
    return std::unexpected(Refusal::kStatus);
  }

  const http::HeaderBlock kept =
      stored_fields(answer.headers, answer.fields, control, std::chrono::floor<seconds>(received));
  if (kept.wire().size() > kMaxStoredFields) return std::unexpected(Refusal::kTooLarge);
  Admission admission{.response = {.metadata = {}, .fields = std::string(kept.wire())},
                      .vary = std::move(vary)};
  admission.response.metadata = describe({.status = answer.status,
                                          .fields = admission.response.fields,
                                          .age = read_age(answer.fields),
                                          .exchanged = answer.exchanged},
                                         options);
  if (!is_reusable(admission.response.metadata, received)) {
    return std::unexpected(Refusal::kNeverReusable);
  }
  return admission;
}

std::optional<StoredResponse> remember_not_found(const PolicyOptions& options, Time now) {
  if (options.negative_ttl <= milliseconds(0)) return std::nullopt;
  StoredResponse missing;
  missing.metadata.status = kNotFound;
  missing.metadata.born = now;
  missing.metadata.fresh_until = now + options.negative_ttl;
  missing.metadata.changed = std::chrono::floor<seconds>(now);
  return missing;
}

}  // namespace yatagarasu::cache
