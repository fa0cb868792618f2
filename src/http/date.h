#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7). Years outside 0 to 9999 are clamped.
std::string format_date(std::chrono::sys_seconds time);

// Any of the three formats of RFC 9110 §5.6.7, strictly; empty for everything else. The name of
// the weekday must be one, but need not be the right one. `now` settles the century of an RFC 850
// date; the other overload takes it from the system clock when such a date comes.
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text,
                                                   std::chrono::sys_seconds now);
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text);

// The same with the names of days, months and the zone in any case, as caches are to read the
// dates that freshness is reckoned from (RFC 9111 §4.2).
std::optional<std::chrono::sys_seconds> parse_date_in_any_case(std::string_view text,
                                                               std::chrono::sys_seconds now);

}  // namespace yatagarasu::http
