#pragma once

#include "cache/policy/options.h"
#include "cache/policy/stored_response.h"
#include "http/cache_control.h"
#include "http/fields.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace yatagarasu::cache {

// When the origin was asked, and when the head of its answer was there.
struct Exchanged {
  Time request_time;
  Time response_time;
};

// The first member of Age when it is a number of seconds, else 0 (RFC 9111 §5.1).
std::chrono::seconds read_age(const http::Fields& response);

// Date where it is one, else when the response was received (RFC 9110 §6.6.1).
std::chrono::sys_seconds date_of(const http::Fields& response, Time response_time);

// RFC 9111 §4.2.3: what corrected_initial_age puts before response_time is the point in time
// when the age was 0.
Time time_of_birth(std::chrono::sys_seconds date, std::chrono::seconds age,
                   const Exchanged& exchanged);

// RFC 9111 §4.2.1 for a shared cache: s-maxage, then max-age, then Expires less Date. An Expires
// that is no date has passed (§5.3). Never below 0; empty when the response says nothing.
std::optional<std::chrono::seconds> explicit_lifetime(const http::CacheControl& control,
                                                      const http::Fields& response,
                                                      std::chrono::sys_seconds date);

// What stands in where the response says nothing: default_ttl, for errors negative_ttl. Empty for
// statuses whose responses may then not be reused (§4.2.2; RFC 9110 §15.1).
std::optional<std::chrono::milliseconds> implied_lifetime(int status,
                                                          const http::CacheControl& control,
                                                          const PolicyOptions& options);

}  // namespace yatagarasu::cache
