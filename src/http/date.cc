#include "http/date.h"

#include "core/ascii.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr chrono::sys_seconds kFirst = chrono::sys_days(chrono::year(0) / 1 / 1);
constexpr chrono::sys_seconds kLast =
    chrono::sys_days(chrono::year(10000) / 1 / 1) - chrono::seconds(1);

void append_padded(std::string& out, unsigned number, unsigned divisor) {
  for (; divisor > 0; divisor /= 10) out += static_cast<char>('0' + number / divisor % 10);
}

enum class NameCase : std::uint8_t { kExact, kAny };

// Reads a date from left to right; once something does not fit, all that follows fails.
class DateReader {
 public:
  DateReader(std::string_view text, NameCase name_case) : rest_(text), name_case_(name_case) {}

  void expect(std::string_view literal) {
    if (!begins_with(literal)) return fail();
    rest_.remove_prefix(literal.size());
  }

  unsigned number(std::size_t digits) {
    if (rest_.size() < digits) return fail(), 0U;
    unsigned value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (!core::is_digit(c)) return fail(), 0U;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  // asctime's day: two digits, the first may be a space.
  unsigned padded_day() {
    if (!rest_.starts_with(' ')) return number(2);
    rest_.remove_prefix(1);
    return number(1);
  }

  // The index of the name that comes next.
  template <std::size_t N>
  unsigned name(const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) {
      if (!begins_with(names[i])) continue;
      rest_.remove_prefix(names[i].size());
      return static_cast<unsigned>(i);
    }
    return fail(), 0U;
  }

  void month_and_day(unsigned month, unsigned day) {
    month_ = chrono::month(month + 1);
    day_ = chrono::day(day);
  }

  void time() {
    const unsigned hours = number(2);
    expect(":");
    const unsigned minutes = number(2);
    expect(":");
    const unsigned seconds = number(2);
    // 60 is a leap second.
    if (hours > 23 || minutes > 59 || seconds > 60) return fail();
    time_ = chrono::hours(hours) + chrono::minutes(minutes) + chrono::seconds(seconds);
  }

  std::optional<chrono::sys_seconds> finish(unsigned year) const {
    const chrono::year_month_day date(chrono::year(static_cast<int>(year)), month_, day_);
    if (has_failed_ || !rest_.empty() || !date.ok()) return std::nullopt;
    return chrono::sys_days(date) + time_;
  }

 private:
  bool begins_with(std::string_view literal) const {
    return name_case_ == NameCase::kAny ? core::istarts_with(rest_, literal)
                                        : rest_.starts_with(literal);
  }

  void fail() {
    has_failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  NameCase name_case_;
  bool has_failed_ = false;
  chrono::month month_{};
  chrono::day day_{};
  chrono::seconds time_{};
};

// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<chrono::sys_seconds> parse_imf_fixdate(std::string_view text, NameCase name_case) {
  DateReader reader(text, name_case);
  reader.name(kDays);
  reader.expect(", ");
  const unsigned day = reader.number(2);
  reader.expect(" ");
  reader.month_and_day(reader.name(kMonths), day);
  reader.expect(" ");
  const unsigned year = reader.number(4);
  reader.expect(" ");
  reader.time();
  reader.expect(" GMT");
  return reader.finish(year);
}

// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<chrono::sys_seconds> parse_rfc850(std::string_view text, chrono::sys_seconds now,
                                                NameCase name_case) {
  DateReader reader(text, name_case);
  reader.name(kLongDays);
  reader.expect(", ");
  const unsigned day = reader.number(2);
  reader.expect("-");
  reader.month_and_day(reader.name(kMonths), day);
  reader.expect("-");
  const unsigned short_year = reader.number(2);
  reader.expect(" ");
  reader.time();
  reader.expect(" GMT");

  // More than 50 years ahead means the century before (RFC 9110 §5.6.7).
  const chrono::year_month_day today(chrono::floor<chrono::days>(now));
  const auto this_year = static_cast<unsigned>(std::max(static_cast<int>(today.year()), 100));
  unsigned year = this_year - this_year % 100 + short_year;
  if (year > this_year + 50) year -= 100;
  return reader.finish(year);
}

// Sun Nov  6 08:49:37 1994
std::optional<chrono::sys_seconds> parse_asctime(std::string_view text, NameCase name_case) {
  DateReader reader(text, name_case);
  reader.name(kDays);
  reader.expect(" ");
  const unsigned month = reader.name(kMonths);
  reader.expect(" ");
  reader.month_and_day(month, reader.padded_day());
  reader.expect(" ");
  reader.time();
  reader.expect(" ");
  return reader.finish(reader.number(4));
}

bool is_rfc850(std::string_view text) {
  return text.contains('-');
}

std::optional<chrono::sys_seconds> parse(std::string_view text, chrono::sys_seconds now,
                                         NameCase name_case) {
  if (is_rfc850(text)) return parse_rfc850(text, now, name_case);
  return text.size() > 3 && text[3] == ',' ? parse_imf_fixdate(text, name_case)
                                           : parse_asctime(text, name_case);
}

}  // namespace

std::string format_date(chrono::sys_seconds time) {
  time = std::clamp(time, kFirst, kLast);
  const auto midnight = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(midnight);
  const chrono::hh_mm_ss clock(time - midnight);

  std::string text;
  text.reserve(29);
  text += kDays[chrono::weekday(midnight).c_encoding()];
  text += ", ";
  append_padded(text, static_cast<unsigned>(date.day()), 10);
  text += ' ';
  text += kMonths[static_cast<unsigned>(date.month()) - 1];
  text += ' ';
  append_padded(text, static_cast<unsigned>(static_cast<int>(date.year())), 1000);
  text += ' ';
  append_padded(text, static_cast<unsigned>(clock.hours().count()), 10);
  text += ':';
  append_padded(text, static_cast<unsigned>(clock.minutes().count()), 10);
  text += ':';
  append_padded(text, static_cast<unsigned>(clock.seconds().count()), 10);
  text += " GMT";
  return text;
}

std::optional<chrono::sys_seconds> parse_date(std::string_view text, chrono::sys_seconds now) {
  return parse(text, now, NameCase::kExact);
}

std::optional<chrono::sys_seconds> parse_date_in_any_case(std::string_view text,
                                                          chrono::sys_seconds now) {
  return parse(text, now, NameCase::kAny);
}

std::optional<chrono::sys_seconds> parse_date(std::string_view text) {
  const bool needs_now = is_rfc850(text);
  const auto now = needs_now ? chrono::floor<chrono::seconds>(chrono::system_clock::now())
                             : chrono::sys_seconds{};
  return parse_date(text, now);
}

}  // namespace yatagarasu::http
