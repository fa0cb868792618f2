#include "server/current_date.h"

#include "http/date.h"

#include <chrono>
#include <string>
#include <string_view>

namespace yatagarasu::server {

std::string_view current_date() {
  thread_local std::chrono::sys_seconds second{};
  thread_local std::string text;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != second) {
    second = now;
    text.assign(http::format_date(now));  // Into the same memory.
  }
  return text;
}

}  // namespace yatagarasu::server
