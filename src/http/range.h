#pragma once

#include "http/fields.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {

// One byte range as asked for (RFC 9110 §14.1.2), before the size of the object is known.
//
//   first and last: "first-last"     first only: "first-"     last only: "-last", the last N bytes
//
// At least one is set. Positions saturate at the largest 63-bit number, which no object reaches.
struct RangeSpec {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;

  friend bool operator==(const RangeSpec&, const RangeSpec&) = default;
};

enum class RangeOutcome : std::uint8_t {
  kNone,   // No Range, or one to be ignored: another unit, malformed, given twice.
  kOne,    // One range, asked for as such or joined from several.
  kWhole,  // Several that do not join: the whole object answers them (RFC 9110 §14.2).
};

struct RangeRequest {
  RangeOutcome outcome = RangeOutcome::kNone;
  RangeSpec spec;  // For kOne.

  friend bool operator==(const RangeRequest&, const RangeRequest&) = default;
};

// The value of one Range field. Adjacent and overlapping ranges are joined.
RangeRequest parse_range(std::string_view value);
// The Range of a request. Meaningful for GET only.
RangeRequest parse_range(const Fields& fields);

// Positions of the first and the last byte, both within the object.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  std::uint64_t size() const { return last - first + 1; }

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// The part of an object of that size; empty when the range is unsatisfiable (416).
std::optional<ByteRange> resolve(const RangeSpec& spec, std::uint64_t size);

// "bytes=0-99": the one spelling in which ranges are sent on.
std::string format_range(const RangeSpec& spec);
// "bytes 0-99/1234", for a 206.
std::string format_content_range(const ByteRange& range, std::uint64_t size);
// "bytes */1234", for a 416.
std::string format_unsatisfied_range(std::uint64_t size);

}  // namespace yatagarasu::http
