#include "auth/jwt/jwks_lifetime.h"

#include "core/ascii.h"
#include "http/fields.h"
#include "http/syntax.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace yatagarasu::auth::jwt {
namespace {

using std::chrono::seconds;

// RFC 9111 §1.2.2: digits alone; whatever is larger counts as 2^31.
constexpr std::int64_t kMaxDelta = std::int64_t{1} << 31;

std::optional<seconds> parse_delta(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, core::is_digit)) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return seconds(kMaxDelta);
  return seconds(std::min(value, kMaxDelta));
}

}  // namespace

std::optional<seconds> jwks_lifetime(const http::Fields& fields) {
  const std::string control = fields.joined("Cache-Control").value_or("");
  std::optional<seconds> max_age;
  std::string_view list = control;
  while (const auto member = http::next_member(list)) {
    const std::string_view name = member->substr(0, member->find('='));
    if (core::iequals(name, "no-cache") || core::iequals(name, "no-store")) return std::nullopt;
    // The first of several counts (RFC 9111 §4.2.1).
    if (max_age || !core::iequals(name, "max-age") || name.size() == member->size()) continue;
    max_age = parse_delta(member->substr(name.size() + 1));
  }
  if (!max_age) return std::nullopt;
  const seconds age = parse_delta(fields.get("Age")).value_or(seconds(0));
  if (*max_age <= age) return std::nullopt;
  return *max_age - age;
}

}  // namespace yatagarasu::auth::jwt
