#pragma once

#include "cache/policy/stored_response.h"
#include "http/fields.h"

#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::cache {

// The Vary of a response (RFC 9110 §12.5.5).
struct Vary {
  bool is_any = false;  // "*", or more names than are worth keeping variants for.
  // Lower-case, sorted, each once, joined by ","; empty: there is one response for all.
  std::string names;
};

// `forwarded`: the request fields that the origin gets to see. Vary on any other changes nothing:
// the origin saw the same, nothing, from everyone.
Vary read_vary(const http::Fields& response, std::span<const std::string> forwarded);

// The values of those fields in a request, in one spelling for all that mean the same (RFC 9111
// §4.1): several fields of a name as one list, without white space around commas and without
// empty members; Accept-Charset, Accept-Encoding and Accept-Language in lower case and without
// white space. Their order is kept: origins read a preference into it. For Key::select_variant().
std::string selecting_values(std::string_view names, const http::Fields& request);

// What is stored under the key of an object whose response has Vary: the names, with which the
// key of the variant is made. It is never stale; the response that comes last decides the names,
// and variants that were stored under others are not found again.
StoredResponse make_vary_marker(const Vary& vary);
// The names that a marker holds.
std::string_view names_of_marker(const StoredView& marker);

}  // namespace yatagarasu::cache
