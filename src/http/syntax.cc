#include "http/syntax.h"

#include "core/ascii.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace yatagarasu::http {

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_field_value(std::string_view text) {
  // Without a way out of the loop the compiler makes vector instructions of it.
  unsigned bad = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(byte < 0x20) & static_cast<unsigned>(byte != '\t');
    bad |= static_cast<unsigned>(byte == 0x7f);
  }
  return bad == 0;
}

std::optional<std::string_view> next_member(std::string_view& list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view member = core::trim(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    if (!member.empty()) return member;
  }
  return std::nullopt;
}

bool has_member(std::string_view list, std::string_view member) {
  while (const auto found = next_member(list)) {
    if (core::iequals(*found, member)) return true;
  }
  return false;
}

}  // namespace yatagarasu::http
