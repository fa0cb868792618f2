#include "core/strict_json.h"

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/string.hpp>
#include <boost/json/string_view.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::core {
namespace {

namespace json = boost::json;

// The values of a header or of usual claims while they are put together; more goes to the heap.
constexpr std::size_t kStackBytes = 1024;

// What Boost.JSON's own parser does with the events of a text, and beyond it counts the members
// that are written and reads fractions exactly: its own reading is off by a unit in the last place
// for some, and would not equal the same number from a configuration.
class Builder {
 public:
  // The parser's names. NOLINTBEGIN(readability-identifier-naming)
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();
  // NOLINTEND(readability-identifier-naming)

  explicit Builder(json::storage_ptr storage)
      : stack_(json::storage_ptr(), buffer_.data(), buffer_.size()) {
    stack_.reset(std::move(storage));
  }

  std::size_t written_members() const { return written_members_; }
  json::value release() { return stack_.release(); }

  bool on_document_begin(json::error_code& /*error*/) { return true; }
  bool on_document_end(json::error_code& /*error*/) { return true; }
  bool on_object_begin(json::error_code& /*error*/) { return true; }
  bool on_object_end(std::size_t size, json::error_code& /*error*/) {
    written_members_ += size;
    stack_.push_object(size);
    return true;
  }
  bool on_array_begin(json::error_code& /*error*/) { return true; }
  bool on_array_end(std::size_t size, json::error_code& /*error*/) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(json::string_view text, std::size_t /*size*/, json::error_code& /*error*/) {
    stack_.push_chars(text);
    return true;
  }
  bool on_key(json::string_view text, std::size_t /*size*/, json::error_code& /*error*/) {
    stack_.push_key(text);
    return true;
  }
  bool on_string_part(json::string_view text, std::size_t /*size*/, json::error_code& /*error*/) {
    stack_.push_chars(text);
    return true;
  }
  bool on_string(json::string_view text, std::size_t /*size*/, json::error_code& /*error*/) {
    stack_.push_string(text);
    return true;
  }
  bool on_number_part(json::string_view /*text*/, json::error_code& /*error*/) { return true; }
  bool on_int64(std::int64_t number, json::string_view /*text*/, json::error_code& /*error*/) {
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view /*text*/, json::error_code& /*error*/) {
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double number, json::string_view text, json::error_code& /*error*/) {
    // Out of range it leaves the parser's infinity or zero. The text is whole, being parsed at
    // once.
    std::from_chars(text.data(), text.data() + text.size(), number);
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool value, json::error_code& /*error*/) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(json::error_code& /*error*/) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view /*text*/, json::error_code& /*error*/) { return true; }
  bool on_comment(json::string_view /*text*/, json::error_code& /*error*/) { return true; }

 private:
  std::array<unsigned char, kStackBytes> buffer_{};
  json::value_stack stack_;
  std::size_t written_members_ = 0;
};

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

}  // namespace

std::optional<json::object> parse_strict_object(std::string_view text, json::storage_ptr storage) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::basic_parser<Builder> parser(options, std::move(storage));
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error || read != text.size()) return std::nullopt;
  json::value value = parser.handler().release();
  // An object keeps the last of several members of one name.
  if (!value.is_object() || count_members(value) != parser.handler().written_members()) {
    return std::nullopt;
  }
  return std::move(value.get_object());
}

}  // namespace yatagarasu::core
