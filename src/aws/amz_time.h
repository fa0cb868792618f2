#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace yatagarasu::aws {

// A point in time as SigV4 writes it: "20130524T000000Z", always UTC.
class AmzTime {
 public:
  // Years 0 to 9999.
  explicit AmzTime(std::chrono::sys_seconds time);

  // Valid as long as the object.
  std::string_view text() const { return {text_.data(), text_.size()}; }
  // "20130524", the day that a signing key is good for.
  std::string_view day() const { return text().substr(0, kDayChars); }

 private:
  static constexpr std::size_t kDayChars = 8;
  std::array<char, 16> text_;
};

// The time that `text` stands for; empty when it is not exactly of that form or no such time.
std::optional<std::chrono::sys_seconds> parse_amz_time(std::string_view text);

}  // namespace yatagarasu::aws
