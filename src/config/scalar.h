#pragma once

#include "core/byte_count.h"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Scalar values of the configuration, from and to text. Parsers return nothing for what is not
// exactly of the form, out of range included.
namespace yatagarasu::config {

std::optional<std::uint64_t> parse_integer(std::string_view text);
// "true" or "false" alone: YAML's other spellings have surprised too many people.
std::optional<bool> parse_boolean(std::string_view text);
// "64KiB", "10MB", "512": binary and decimal units, or bytes.
std::optional<core::ByteCount> parse_size(std::string_view text);
// "50ms", "30s", "15m", "1h", "1d", or seconds; up to 36500d.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// `true`, `false`, a whole number or one with a fraction, as JSON writes them; else the text
// itself.
boost::json::value parse_typed(const std::string& text);

// In the largest unit that leaves no rest: "64KiB", "90s".
std::string format_size(core::ByteCount size);
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace yatagarasu::config
