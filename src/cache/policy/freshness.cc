#include "cache/policy/freshness.h"

#include "cache/policy/options.h"
#include "cache/policy/stored_response.h"
#include "core/ascii.h"
#include "http/cache_control.h"
#include "http/date.h"
#include "http/fields.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace yatagarasu::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// RFC 9110 §15.1, "heuristically cacheable", without 206.
constexpr std::array<int, 11> kCacheableByDefault = {200, 203, 204, 300, 301, 308,
                                                     404, 405, 410, 414, 501};

constexpr int kFirstError = 400;

}  // namespace

seconds read_age(const http::Fields& response) {
  const std::string_view value = response.get("Age");
  const std::string_view first = core::trim(value.substr(0, value.find(',')));
  return http::parse_delta_seconds(first).value_or(seconds(0));
}

sys_seconds date_of(const http::Fields& response, Time response_time) {
  const auto received = std::chrono::floor<seconds>(response_time);
  return http::parse_date_in_any_case(response.get("Date"), received).value_or(received);
}

Time time_of_birth(sys_seconds date, seconds age, const Exchanged& exchanged) {
  // Date has whole seconds: without rounding down, a response would be up to a second old at once.
  const auto received = std::chrono::floor<seconds>(exchanged.response_time);
  const seconds apparent = std::max(seconds(0), received - date);
  const auto delay = std::max(milliseconds(0), exchanged.response_time - exchanged.request_time);
  return exchanged.response_time - std::max<milliseconds>(apparent, age + delay);
}

std::optional<seconds> explicit_lifetime(const http::CacheControl& control,
                                         const http::Fields& response, sys_seconds date) {
  if (control.s_maxage) return control.s_maxage;
  if (control.max_age) return control.max_age;
  const http::Field* const expires = response.find("Expires");
  if (expires == nullptr) return std::nullopt;
  const auto until = http::parse_date_in_any_case(expires->value, date);
  if (!until) return seconds(0);
  return std::clamp(*until - date, seconds(0), http::kMaxDelta);
}

std::optional<milliseconds> implied_lifetime(int status, const http::CacheControl& control,
                                             const PolicyOptions& options) {
  const bool is_cacheable =
      std::ranges::find(kCacheableByDefault, status) != kCacheableByDefault.end();
  if (!is_cacheable && !control.is_public) return std::nullopt;
  return status < kFirstError ? options.default_ttl : options.negative_ttl;
}

}  // namespace yatagarasu::cache
