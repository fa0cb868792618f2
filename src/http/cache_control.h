#pragma once

#include "http/fields.h"

#include <boost/container/small_vector.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace yatagarasu::http {

// The largest delta-seconds there is (RFC 9111 §1.2.2): whatever is more counts as this much.
inline constexpr std::chrono::seconds kMaxDelta{2'147'483'648};

// Digits and nothing else, capped at kMaxDelta; empty for any other text.
std::optional<std::chrono::seconds> parse_delta_seconds(std::string_view text);

// Names of fields, as in no-cache="set-cookie, x-one".
using FieldNames = boost::container::small_vector<std::string_view, 4>;

// The directives of Cache-Control (RFC 9111 §5.2, RFC 5861) that a shared cache acts on, of a
// request or of a response; whatever else is there is skipped. The names point into the fields.
//
// In doubt it forbids: of several values of one directive the first counts (§4.2.1), a value that
// is no number of seconds counts as 0 (§4.2.1: "consider to be stale"), arguments of directives
// that have none change nothing, and a quoted string that never ends counts as no-store, because
// what else would have been forbidden cannot be known.
struct CacheControl {
  bool no_store = false;
  bool no_cache = false;    // Without names: the whole response.
  bool is_private = false;  // Without names: the whole response.
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool only_if_cached = false;

  std::optional<std::chrono::seconds> max_age;
  std::optional<std::chrono::seconds> s_maxage;
  std::optional<std::chrono::seconds> stale_while_revalidate;
  std::optional<std::chrono::seconds> stale_if_error;

  FieldNames no_cache_fields;
  FieldNames private_fields;
};

// All Cache-Control fields of the message taken together.
CacheControl parse_cache_control(const Fields& fields);

}  // namespace yatagarasu::http
