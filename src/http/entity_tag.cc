#include "http/entity_tag.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::string_view kWeakPrefix = "W/";  // Case-sensitive.

std::string_view without_weakness(std::string_view tag) {
  return tag.starts_with(kWeakPrefix) ? tag.substr(kWeakPrefix.size()) : tag;
}

constexpr bool is_etag_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && c != '"';
}

// The length of the entity-tag that the text begins with; 0 when it begins with none.
std::size_t leading_tag(std::string_view text) {
  const std::string_view opaque = without_weakness(text);
  if (!opaque.starts_with('"')) return 0;
  const std::size_t close = opaque.find('"', 1);
  if (close == std::string_view::npos) return 0;
  if (!std::ranges::all_of(opaque.substr(1, close - 1), is_etag_char)) return 0;
  return text.size() - opaque.size() + close + 1;
}

void skip_separators(std::string_view& list) {
  list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
}

}  // namespace

bool is_entity_tag(std::string_view text) {
  return !text.empty() && leading_tag(text) == text.size();
}

bool is_strong_etag(std::string_view text) {
  return !text.starts_with(kWeakPrefix) && is_entity_tag(text);
}

bool etags_match(std::string_view a, std::string_view b, EtagComparison comparison) {
  if (!is_entity_tag(a) || !is_entity_tag(b)) return false;
  switch (comparison) {
    case EtagComparison::kStrong: return is_strong_etag(a) && a == b;
    case EtagComparison::kWeak: return without_weakness(a) == without_weakness(b);
  }
  return false;
}

bool etag_list_matches(std::string_view list, std::string_view etag, EtagComparison comparison) {
  // Tags may hold commas, so the list is not simply split at them.
  for (skip_separators(list); !list.empty(); skip_separators(list)) {
    const std::size_t length = leading_tag(list);
    if (length == 0) return false;
    if (etags_match(list.substr(0, length), etag, comparison)) return true;
    list.remove_prefix(length);
  }
  return false;
}

}  // namespace yatagarasu::http
