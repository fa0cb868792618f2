#include "server/current_date.h"

#include "http/date.h"

#include <chrono>
#include <string_view>

namespace yatagarasu::server {

std::string_view DateText::at(std::chrono::sys_seconds now) {
  if (now != second_) {
    second_ = now;
    http::format_date(now).copy(text_.data(), text_.size());
  }
  return {text_.data(), text_.size()};
}

std::string_view current_date() {
  thread_local DateText date;
  return date.at(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

}  // namespace yatagarasu::server
