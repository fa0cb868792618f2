// part: auth
#include "auth/jwt/claims.h"
#include "core/strict_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace yatagarasu::auth::jwt;  // NOLINT(google-build-using-namespace)
namespace json = boost::json;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

// A claim's name, an object whose member `v` is a rule's value, and the claims, each on a line: the
// operators never contradict each other.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using enum ClaimOperator;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string name(take_line(text));
  const auto wanted = core::parse_strict_object(take_line(text));
  const auto claims = core::parse_strict_object(text);
  if (!wanted || !claims || !wanted->contains("v")) return 0;
  const json::value& value = wanted->at("v");
  const auto says = [&](ClaimOperator op, json::value of) {
    return holds({.claim = name, .op = op, .value = std::move(of)}, *claims);
  };

  const bool is_there = says(kExists, true);
  require(says(kExists, false) != is_there);
  const bool is_equal = says(kEquals, value);
  require(says(kNotEquals, value) == (is_there && !is_equal));
  require(says(kIn, json::array({value})) == is_equal);
  require(!says(kIn, json::array()));
  const bool is_greater = says(kGt, value);
  const bool is_less = says(kLt, value);
  const bool is_ordered = value.is_number() || value.is_string();
  require(says(kGte, value) == (is_greater || (is_equal && is_ordered)));
  require(says(kLte, value) == (is_less || (is_equal && is_ordered)));
  require(int{is_greater} + int{is_less} + int{is_equal} <= 1);
  require(is_there || !says(kContains, value));

  const std::string broken =
      broken_rules({{.claim = name, .op = kEquals, .value = value}}, *claims);
  require(broken.empty() == is_equal);
  return 0;
}
