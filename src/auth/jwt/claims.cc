#include "auth/jwt/claims.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

namespace json = boost::json;

// Null when there is none on the way.
const json::value* find_claim(const json::object& claims, std::string_view name) {
  if (const json::value* const literal = claims.if_contains(name)) return literal;
  const json::object* object = &claims;
  for (;;) {
    const std::size_t dot = name.find('.');
    const json::value* const step = object->if_contains(name.substr(0, dot));
    if (step == nullptr || dot == std::string_view::npos) return step;
    object = step->if_object();
    if (object == nullptr) return nullptr;
    name.remove_prefix(dot + 1);
  }
}

constexpr auto kMaxSigned = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// By value, exactly: large integers are not rounded to doubles among themselves.
std::partial_ordering compare_numbers(const json::value& a, const json::value& b) {
  if (a.is_double() || b.is_double()) return a.to_number<double>() <=> b.to_number<double>();
  const bool a_is_big = a.is_uint64() && a.get_uint64() > kMaxSigned;
  const bool b_is_big = b.is_uint64() && b.get_uint64() > kMaxSigned;
  if (a_is_big && b_is_big) return a.get_uint64() <=> b.get_uint64();
  if (a_is_big || b_is_big) return a_is_big <=> b_is_big;
  return a.to_number<std::int64_t>() <=> b.to_number<std::int64_t>();
}

std::partial_ordering compare(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b);
  if (a.is_string() && b.is_string()) {
    return std::string_view(a.get_string()) <=> std::string_view(b.get_string());
  }
  return a == b ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
}

bool is_equal(const json::value& a, const json::value& b) {
  return std::is_eq(compare(a, b));
}

bool contains(const json::value& claim, const json::value& wanted) {
  if (const json::array* const items = claim.if_array()) {
    return std::ranges::any_of(*items,
                               [&](const json::value& item) { return is_equal(item, wanted); });
  }
  return claim.is_string() && wanted.is_string() &&
         std::string_view(claim.get_string()).contains(std::string_view(wanted.get_string()));
}

bool is_ordered(const json::value& value) {
  return value.is_number() || value.is_string();
}

}  // namespace

std::string_view name_of(ClaimOperator op) {
  switch (op) {
    case ClaimOperator::kEquals: return "equals";
    case ClaimOperator::kNotEquals: return "not_equals";
    case ClaimOperator::kIn: return "in";
    case ClaimOperator::kContains: return "contains";
    case ClaimOperator::kExists: return "exists";
    case ClaimOperator::kGt: return "gt";
    case ClaimOperator::kGte: return "gte";
    case ClaimOperator::kLt: return "lt";
    case ClaimOperator::kLte: return "lte";
  }
  return "";
}

bool holds(const ClaimRule& rule, const json::object& claims) {
  const json::value* const claim = find_claim(claims, rule.claim);
  const bool is_there = claim != nullptr && !claim->is_null();
  if (rule.op == ClaimOperator::kExists) return is_there == rule.value.as_bool();
  if (!is_there) return false;
  switch (rule.op) {
    case ClaimOperator::kEquals: return is_equal(*claim, rule.value);
    case ClaimOperator::kNotEquals: return !is_equal(*claim, rule.value);
    case ClaimOperator::kIn: return contains(rule.value, *claim);
    case ClaimOperator::kContains: return contains(*claim, rule.value);
    case ClaimOperator::kGt: return is_ordered(*claim) && std::is_gt(compare(*claim, rule.value));
    case ClaimOperator::kGte:
      return is_ordered(*claim) && std::is_gteq(compare(*claim, rule.value));
    case ClaimOperator::kLt: return is_ordered(*claim) && std::is_lt(compare(*claim, rule.value));
    case ClaimOperator::kLte:
      return is_ordered(*claim) && std::is_lteq(compare(*claim, rule.value));
    case ClaimOperator::kExists: break;
  }
  return false;
}

std::string broken_rules(const std::vector<ClaimRule>& rules, const json::object& claims) {
  std::string broken;
  for (const ClaimRule& rule : rules) {
    if (holds(rule, claims)) continue;
    if (!broken.empty()) broken += ", ";
    broken += rule.claim;
    broken += ' ';
    broken += name_of(rule.op);
  }
  return broken;
}

}  // namespace yatagarasu::auth::jwt
