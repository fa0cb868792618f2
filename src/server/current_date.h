#pragma once

#include <array>
#include <chrono>
#include <string_view>

namespace yatagarasu::server {

// A time as a Date field has it (RFC 9110 §6.6.1), made once a second. What it gives out is always
// the same memory, valid as long as this object: who asks again changes what others have got.
//
// Threading: one thread.
class DateText {
 public:
  std::string_view at(std::chrono::sys_seconds now);

 private:
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  std::array<char, std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size()> text_{};
};

// The time of now, from the calling thread's DateText.
std::string_view current_date();

}  // namespace yatagarasu::server
