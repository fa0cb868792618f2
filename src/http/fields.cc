#include "http/fields.h"

#include "core/ascii.h"
#include "http/syntax.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

bool is_named(std::string_view name, std::string_view wanted) {
  return name.size() == wanted.size() && core::iequals(name, wanted);
}

// The extent of one line of a block. `value` begins behind the colon and its space.
struct Line {
  std::size_t begin = 0;
  std::size_t value = 0;
  std::size_t end = 0;  // Behind the CRLF.
};

// The first line of that name at or behind `from`; `end` is 0 when there is none.
Line find_line(std::string_view lines, std::string_view name, std::size_t from) {
  while (from < lines.size()) {
    const std::size_t colon = lines.find(':', from);
    const std::size_t end = lines.find('\n', colon) + 1;
    if (is_named(lines.substr(from, colon - from), name)) {
      return {.begin = from, .value = colon + 2, .end = end};
    }
    from = end;
  }
  return {};
}

}  // namespace

const Field* Fields::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (is_named(field.name, name)) return &field;
  }
  return nullptr;
}

std::string_view Fields::get(std::string_view name) const {
  const Field* const field = find(name);
  return field == nullptr ? std::string_view{} : field->value;
}

std::size_t Fields::count(std::string_view name) const {
  const auto found = std::ranges::count_if(
      fields_, [name](const Field& field) { return is_named(field.name, name); });
  return static_cast<std::size_t>(found);
}

std::optional<std::string> Fields::joined(std::string_view name) const {
  std::optional<std::string> all;
  for (const Field& field : fields_) {
    if (!is_named(field.name, name)) continue;
    if (all) {
      *all += ", ";
      *all += field.value;
    } else {
      all.emplace(field.value);
    }
  }
  return all;
}

HeaderBlock HeaderBlock::of_wire(std::string_view lines, std::size_t more) {
  HeaderBlock block;
  block.lines_.reserve(lines.size() + more);
  block.lines_ = lines;
  return block;
}

void HeaderBlock::add(std::string_view name, std::string_view value) {
  static constexpr std::string_view kForging("\r\n\0", 3);
  if (!is_token(name) || value.find_first_of(kForging) != std::string_view::npos) return;
  add_safe(name, value);
}

void HeaderBlock::add_safe(std::string_view name, std::string_view value) {
  lines_ += name;
  lines_ += ": ";
  lines_ += value;
  lines_ += "\r\n";
}

void HeaderBlock::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void HeaderBlock::remove(std::string_view name) {
  Line line = find_line(lines_, name, 0);
  while (line.end != 0) {
    lines_.erase(line.begin, line.end - line.begin);
    line = find_line(lines_, name, line.begin);
  }
}

std::optional<std::string_view> HeaderBlock::get(std::string_view name) const {
  const Line line = find_line(lines_, name, 0);
  if (line.end == 0) return std::nullopt;
  return std::string_view(lines_).substr(line.value, line.end - line.value - 2);
}

}  // namespace yatagarasu::http
