#include "auth/jwt/strict_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::auth::jwt {
namespace {

namespace json = boost::json;

// The members of every object in `value`. Its depth is bounded by the parser.
// NOLINTNEXTLINE(misc-no-recursion)
std::size_t count_members(const json::value& value) {
  std::size_t count = 0;
  if (const json::object* const object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += count_members(member.value());
  } else if (const json::array* const array = value.if_array()) {
    for (const json::value& item : *array) count += count_members(item);
  }
  return count;
}

// The colons outside of strings: one for each member that is written. Valid JSON only.
std::size_t count_written_members(std::string_view text) {
  std::size_t count = 0;
  bool is_in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      is_in_string = !is_in_string;
    } else if (c == ':' && !is_in_string) {
      ++count;
    }
  }
  return count;
}

}  // namespace

std::optional<json::object> parse_strict_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::parser parser({}, options);
  boost::system::error_code error;
  parser.write({text.data(), text.size()}, error);
  if (error) return std::nullopt;
  json::value value = parser.release();
  if (!value.is_object()) return std::nullopt;
  // The parser keeps the last of several members of one name.
  if (count_members(value) != count_written_members(text)) return std::nullopt;
  return std::move(value.get_object());
}

}  // namespace yatagarasu::auth::jwt
