#include "aws/amz_time.h"

#include "core/ascii.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace yatagarasu::aws {
namespace {

// Writes `value` with leading zeros so that its last digit is just before `end`.
void write_digits(char* end, int digits, unsigned value) {
  for (; digits > 0; --digits, value /= 10) *--end = static_cast<char>('0' + (value % 10));
}

// -1 when one of the characters is no digit.
int read_digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (!core::is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

AmzTime::AmzTime(std::chrono::sys_seconds time) : text_{} {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);

  char* const at = text_.data();
  write_digits(at + 4, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  write_digits(at + 6, 2, static_cast<unsigned>(date.month()));
  write_digits(at + 8, 2, static_cast<unsigned>(date.day()));
  at[8] = 'T';
  write_digits(at + 11, 2, static_cast<unsigned>(clock.hours().count()));
  write_digits(at + 13, 2, static_cast<unsigned>(clock.minutes().count()));
  write_digits(at + 15, 2, static_cast<unsigned>(clock.seconds().count()));
  at[15] = 'Z';
}

std::optional<std::chrono::sys_seconds> parse_amz_time(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const int year = read_digits(text.substr(0, 4));
  const int month = read_digits(text.substr(4, 2));
  const int day = read_digits(text.substr(6, 2));
  const int hour = read_digits(text.substr(9, 2));
  const int minute = read_digits(text.substr(11, 2));
  const int second = read_digits(text.substr(13, 2));
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return std::nullopt;

  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace yatagarasu::aws
