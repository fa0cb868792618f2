#pragma once

#include "http/fields.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yatagarasu::http {

// What is known of the representation that a conditional request is about.
struct Validators {
  std::string_view etag;  // As sent, with its quotes; empty = none.
  std::optional<std::chrono::sys_seconds> last_modified;
  // When the representation was answered with. Last-Modified is a strong validator only when it is
  // a second older than this (RFC 9110 §8.8.2.2), and without it never.
  std::optional<std::chrono::sys_seconds> date;
};

enum class Precondition : std::uint8_t {
  kProceed,
  kNotModified,  // 304.
  kFailed,       // 412.
};

// If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since of a GET or HEAD on a
// representation that exists, in the order of RFC 9110 §13.2.2. A date that is none, or is given
// twice, is ignored; an entity-tag that is none matches nothing.
Precondition evaluate_preconditions(const Fields& request, const Validators& current);

// If-Range (RFC 9110 §13.1.5): whether Range applies; else the whole representation is sent. True
// without an If-Range.
bool range_applies(const Fields& request, const Validators& current);

}  // namespace yatagarasu::http
