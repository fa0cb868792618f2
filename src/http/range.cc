#include "http/range.h"

#include "core/ascii.h"
#include "http/fields.h"
#include "http/syntax.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::string_view kUnit = "bytes";  // Case-insensitive (RFC 9110 §14.1).
constexpr std::uint64_t kEndless = std::numeric_limits<std::int64_t>::max();
// More ranges than that are not worth joining.
constexpr std::size_t kMaxRanges = 32;

// Digits only; saturates instead of wrapping.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t position = 0;
  for (const char c : text) {
    if (!core::is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    position = position > (kEndless - digit) / 10 ? kEndless : position * 10 + digit;
  }
  return position;
}

std::optional<RangeSpec> parse_spec(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view before = text.substr(0, dash);
  const std::string_view after = text.substr(dash + 1);

  RangeSpec spec{.first = parse_position(before), .last = parse_position(after)};
  if (!spec.first && !before.empty()) return std::nullopt;
  if (!spec.last && !after.empty()) return std::nullopt;
  if (!spec.first && !spec.last) return std::nullopt;
  if (spec.first && spec.last && *spec.last < *spec.first) return std::nullopt;
  // To the end of everything is to the end of the object.
  if (spec.first && spec.last == kEndless) spec.last.reset();
  return spec;
}

// Positions from the front, both included.
struct Span {
  std::uint64_t first;
  std::uint64_t last;  // kEndless = to the end.
};

// Joins the spans into one; empty when they leave a gap. Changes their order.
std::optional<Span> join(std::span<Span> spans) {
  std::ranges::sort(spans, {}, &Span::first);
  Span joined = spans.front();
  for (const Span& next : spans.subspan(1)) {
    // kEndless has no successor, and nothing begins behind it.
    if (joined.last != kEndless && next.first > joined.last + 1) return std::nullopt;
    joined.last = std::max(joined.last, next.last);
  }
  return joined;
}

RangeRequest one(const Span& span) {
  RangeSpec spec{.first = span.first, .last = span.last};
  if (span.last == kEndless) spec.last.reset();
  return {.outcome = RangeOutcome::kOne, .spec = spec};
}

}  // namespace

RangeRequest parse_range(std::string_view value) {
  const std::size_t equals = value.find('=');
  if (equals == std::string_view::npos || !core::iequals(value.substr(0, equals), kUnit)) {
    return {};
  }
  std::string_view set = value.substr(equals + 1);
  std::array<Span, kMaxRanges> spans{};
  std::size_t count = 0;
  std::optional<std::uint64_t> suffix;  // The longest: it covers the others.
  bool is_crowded = false;
  bool is_whole = false;
  while (const auto member = next_member(set)) {
    const auto spec = parse_spec(*member);
    if (!spec) return {};
    if (!spec->first) {
      suffix = std::max(suffix.value_or(0), spec->last.value_or(0));
    } else if (count == spans.size()) {
      is_crowded = true;
    } else {
      spans[count++] = {.first = *spec->first, .last = spec->last.value_or(kEndless)};
      is_whole = is_whole || (*spec->first == 0 && !spec->last);
    }
  }
  if (is_whole) return one({.first = 0, .last = kEndless});
  if (count == 0) {
    if (!suffix) return {};
    return {.outcome = RangeOutcome::kOne, .spec = {.first = std::nullopt, .last = suffix}};
  }
  // Whether a suffix touches the others depends on the size.
  if (suffix || is_crowded) return {.outcome = RangeOutcome::kWhole, .spec = {}};
  const auto joined = join(std::span(spans).first(count));
  return joined ? one(*joined) : RangeRequest{.outcome = RangeOutcome::kWhole, .spec = {}};
}

RangeRequest parse_range(const Fields& fields) {
  const Field* const field = fields.find("Range");
  if (field == nullptr || fields.count("Range") > 1) return {};
  return parse_range(field->value);
}

std::optional<ByteRange> resolve(const RangeSpec& spec, std::uint64_t size) {
  if (size == 0) return std::nullopt;
  if (!spec.first) {
    const std::uint64_t length = std::min(spec.last.value_or(0), size);
    if (length == 0) return std::nullopt;
    return ByteRange{.first = size - length, .last = size - 1};
  }
  if (*spec.first >= size) return std::nullopt;
  return ByteRange{.first = *spec.first, .last = std::min(spec.last.value_or(size), size - 1)};
}

std::string format_range(const RangeSpec& spec) {
  std::string text = "bytes=";
  if (spec.first) text += std::to_string(*spec.first);
  text += '-';
  if (spec.last) text += std::to_string(*spec.last);
  return text;
}

std::string format_content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + '-' + std::to_string(range.last) + '/' +
         std::to_string(size);
}

std::string format_unsatisfied_range(std::uint64_t size) {
  return "bytes */" + std::to_string(size);
}

}  // namespace yatagarasu::http
