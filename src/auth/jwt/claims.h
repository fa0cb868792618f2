#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::auth::jwt {

enum class ClaimOperator : std::uint8_t {
  kEquals,
  kNotEquals,
  kIn,        // The claim is one of the values.
  kContains,  // An array has the value, or a string the substring.
  kExists,
  kGt,
  kGte,
  kLt,
  kLte,
};

// As configurations write it, e.g. "not_equals".
std::string_view name_of(ClaimOperator op);

// What a token must say. Comparison is typed: the number 1 is not the string "1"; numbers compare
// by value (1 is 1.0), strings by their bytes. A claim that is missing or null fails every rule but
// `exists: false`.
struct ClaimRule {
  std::string claim;  // As it is, or else with each dot a step into an object.
  ClaimOperator op = ClaimOperator::kEquals;
  boost::json::value value;  // An array for kIn, true or false for kExists.
};

bool holds(const ClaimRule& rule, const boost::json::object& claims);

// The rules that do not hold, for the log: "role equals, tenant.id in". Says nothing of what the
// token has. Empty: all hold. Every rule is evaluated.
std::string broken_rules(const std::vector<ClaimRule>& rules, const boost::json::object& claims);

}  // namespace yatagarasu::auth::jwt
