#pragma once

#include "cache/policy/stored_response.h"
#include "http/fields.h"

#include <chrono>
#include <cstdint>

namespace yatagarasu::cache {

// What may be done with an entry that was found. Costs a few comparisons.
enum class Reuse : std::uint8_t {
  kFresh,            // Answer with it.
  kStaleAndRefresh,  // Answer with it, and ask the origin meanwhile (RFC 5861 §3).
  kAskFirst,         // Ask the origin, with the conditions of policy/validation.h.
};
Reuse decide_reuse(const Metadata& stored, Time now);

// Whether a stale entry may stand in for an origin that does not answer, or answers 500, 502, 503
// or 504 (RFC 5861 §4; RFC 9111 §4.2.4). Not for entries that are errors themselves.
bool may_replace_error(const Metadata& stored, Time now);
bool is_replaceable_error(int status);

// RFC 9111 §4.2.3, for the field Age (§5.1).
std::chrono::seconds age_of(const Metadata& stored, Time now);
// What is left of the freshness lifetime, rounded down; below 0 once it is stale.
std::chrono::seconds time_to_live(const Metadata& stored, Time now);

// The client's wishes that are heard. Its no-cache, max-age, min-fresh and max-stale are not: a
// client cannot force load onto the origin.
struct RequestWishes {
  bool only_if_cached = false;  // 504 instead of a request to the origin (§5.2.1.7).
  bool no_store = false;        // What is fetched for it is not stored (§5.2.1.5).
};
RequestWishes read_wishes(const http::Fields& request);

}  // namespace yatagarasu::cache
