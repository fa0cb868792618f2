#pragma once

#include <cstdint>
#include <string_view>

namespace yatagarasu::http {

// RFC 9110 §8.8.3: "..." or W/"...". Text in any other form is no entity-tag and matches nothing.
bool is_entity_tag(std::string_view text);
bool is_strong_etag(std::string_view text);

// RFC 9110 §8.8.3.2.
enum class EtagComparison : std::uint8_t {
  kStrong,  // Both strong and alike.
  kWeak,    // Alike but for W/.
};
bool etags_match(std::string_view a, std::string_view b, EtagComparison comparison);

// Whether one of the tags of a list such as the value of If-None-Match is `etag`. The list is read
// up to what is no entity-tag. "*" is not a list.
bool etag_list_matches(std::string_view list, std::string_view etag, EtagComparison comparison);

}  // namespace yatagarasu::http
