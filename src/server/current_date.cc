#include "server/current_date.h"

#include "http/date.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace yatagarasu::server {
namespace {

constexpr std::size_t kDateSize = std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size();

}  // namespace

std::string_view current_date() {
  thread_local std::chrono::sys_seconds second{};
  thread_local std::array<char, kDateSize> text{};
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != second) {
    second = now;
    http::format_date(now).copy(text.data(), text.size());
  }
  return {text.data(), text.size()};
}

}  // namespace yatagarasu::server
