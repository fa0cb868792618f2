#pragma once

#include <chrono>
#include <string>

namespace yatagarasu::observability {

// Appends RFC 3339 in UTC with milliseconds: 2026-07-01T12:00:00.123Z.
void append_timestamp(std::string& out, std::chrono::system_clock::time_point time);

}  // namespace yatagarasu::observability
