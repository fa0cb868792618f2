#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

// The character classes and small productions that RFC 9110 §5.6 and RFC 3986 share among the
// fields and the start lines.
namespace yatagarasu::http {

namespace tables {

using CharacterClass = std::array<bool, 256>;

constexpr CharacterClass make_class(std::string_view punctuation) {
  CharacterClass members{};
  for (const char c : punctuation) members[static_cast<unsigned char>(c)] = true;
  for (std::size_t c = '0'; c <= '9'; ++c) members[c] = true;
  for (std::size_t c = 'a'; c <= 'z'; ++c) members[c] = true;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) members[c] = true;
  return members;
}

inline constexpr CharacterClass kToken = make_class("!#$%&'*+-.^_`|~");
// What a URI may hold at all (RFC 3986 §2), percent sign included.
inline constexpr CharacterClass kTarget = make_class("-._~:/?#[]@!$&'()*+,;=%");

}  // namespace tables

// RFC 9110 §5.6.2: tchar.
constexpr bool is_token_char(char c) {
  return tables::kToken[static_cast<unsigned char>(c)];
}
constexpr bool is_target_char(char c) {
  return tables::kTarget[static_cast<unsigned char>(c)];
}

// One or more tchar.
bool is_token(std::string_view text);

// RFC 9110 §5.5: no control character but the tab; bytes from 0x80 are opaque.
bool is_field_value(std::string_view text);

// Takes the next member off a comma-separated list, without the white space around it; empty at
// the end. Empty members do not count (RFC 9110 §5.6.1.2). Not for lists with quoted strings.
std::optional<std::string_view> next_member(std::string_view& list);

// Whether such a list has the member, in any case.
bool has_member(std::string_view list, std::string_view member);

}  // namespace yatagarasu::http
