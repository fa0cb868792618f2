#pragma once

#include <string>
#include <string_view>

// Protocol text is ASCII whatever the locale: nothing here looks at one.
namespace yatagarasu::core {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string to_lower(std::string_view text);

// Equal without regard to ASCII case.
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view text, std::string_view prefix);

// Without leading and trailing spaces and tabs (RFC 9110 §5.6.3: OWS).
std::string_view trim(std::string_view text);

// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

}  // namespace yatagarasu::core
