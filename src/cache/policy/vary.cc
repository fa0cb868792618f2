#include "cache/policy/vary.h"

#include "cache/policy/stored_response.h"
#include "core/ascii.h"
#include "http/fields.h"
#include "http/syntax.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::cache {
namespace {

// More than any negotiation uses; each one multiplies the variants.
constexpr std::size_t kMaxNames = 16;

// Lists whose members are compared without regard to case (RFC 9110 §12.5.2 to §12.5.4).
constexpr std::array<std::string_view, 3> kCaseless = {"accept-charset", "accept-encoding",
                                                       "accept-language"};

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t';
}

bool names(std::span<const std::string> list, std::string_view name) {
  return std::ranges::any_of(list,
                             [name](const std::string& each) { return core::iequals(each, name); });
}

// Takes the text up to the next comma outside quotes, without the white space around it.
std::string_view take_member(std::string_view& list) {
  bool is_quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (is_quoted || list[end] != ','); ++end) {
    if (is_quoted && list[end] == '\\') {
      ++end;
    } else if (list[end] == '"') {
      is_quoted = !is_quoted;
    }
  }
  end = std::min(end, list.size());
  const std::string_view member = core::trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return member;
}

std::string one_spelling(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  while (!value.empty()) {
    const std::string_view member = take_member(value);
    if (member.empty()) continue;
    if (!text.empty()) text += ',';
    text += member;
  }
  return text;
}

void fold_case(std::string& value) {
  std::erase_if(value, is_space);
  value = core::to_lower(value);
}

}  // namespace

Vary read_vary(const http::Fields& response, std::span<const std::string> forwarded) {
  std::vector<std::string> found;
  for (const http::Field& field : response) {
    if (!core::iequals(field.name, "Vary")) continue;
    std::string_view list = field.value;
    while (const auto name = http::next_member(list)) {
      if (*name == "*") return {.is_any = true, .names = {}};
      if (names(forwarded, *name)) found.push_back(core::to_lower(*name));
    }
  }
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  if (found.size() > kMaxNames) return {.is_any = true, .names = {}};

  Vary vary;
  for (const std::string& name : found) {
    if (!vary.names.empty()) vary.names += ',';
    vary.names += name;
  }
  return vary;
}

std::string selecting_values(std::string_view names, const http::Fields& request) {
  std::string selecting;
  while (const auto name = http::next_member(names)) {
    selecting += *name;
    // RFC 9111 §4.1: a field that is absent matches only an absent one. No value has a line feed.
    if (const auto value = request.joined(*name)) {
      std::string text = one_spelling(*value);
      if (std::ranges::find(kCaseless, *name) != kCaseless.end()) fold_case(text);
      selecting += '=';
      selecting += text;
    }
    selecting += '\n';
  }
  return selecting;
}

StoredResponse make_vary_marker(const Vary& vary) {
  StoredResponse marker;
  marker.metadata.set(Trait::kVaryMarker);
  marker.fields = vary.names;
  return marker;
}

std::string_view names_of_marker(const StoredView& marker) {
  return marker.fields;
}

}  // namespace yatagarasu::cache
