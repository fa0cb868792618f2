#include "observability/timestamp.h"

#include "observability/decimal.h"

#include <fmt/compile.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::observability {
namespace {

using Seconds = std::chrono::sys_seconds;

// "2026-07-01T12:00:00": the lines of one second share it.
class SecondText {
 public:
  std::string_view of(Seconds second) {
    if (second != second_ || text_[0] == '\0') render(second);
    return {text_.data(), text_.size()};
  }

 private:
  void render(Seconds second) {
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(second - day);
    fmt::format_to_n(text_.data(), text_.size(), FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}"),
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
    second_ = second;
  }

  Seconds second_;
  std::array<char, 19> text_{};
};

}  // namespace

void append_timestamp(std::string& out, std::chrono::system_clock::time_point time) {
  thread_local SecondText text;
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto part = std::chrono::floor<std::chrono::milliseconds>(time - second).count();
  std::array<char, 5> tail{'.'};
  *put_three_digits(&tail[1], static_cast<std::uint64_t>(part)) = 'Z';
  out += text.of(second);
  out.append(tail.data(), tail.size());
}

}  // namespace yatagarasu::observability
