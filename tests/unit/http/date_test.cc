#include "http/date.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace yatagarasu::http {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""y;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// The example of RFC 9110 §5.6.7.
constexpr sys_seconds kExample{784111777s};
constexpr sys_seconds kNow = sys_days(2025y / 6 / 15);

TEST(DateTest, ADateIsWrittenAsImfFixdate) {
  EXPECT_EQ(format_date(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(sys_seconds{}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_date(sys_days(2024y / 2 / 29) + 23h), "Thu, 29 Feb 2024 23:00:00 GMT");
  EXPECT_EQ(format_date(sys_days(1969y / 12 / 31) + 1s), "Wed, 31 Dec 1969 00:00:01 GMT");
}

TEST(DateTest, ADateBeyondFourDigitsIsClamped) {
  EXPECT_EQ(format_date(sys_days(12000y / 1 / 1)), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(format_date(sys_days(-5y / 1 / 1)), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(DateTest, AllThreeFormatsAreRead) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", kNow), kExample);
  EXPECT_EQ(parse_date("Sun Nov 16 08:49:37 1994", kNow), kExample + 240h);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), kExample);
}

TEST(DateTest, WhatIsWrittenIsReadBack) {
  for (sys_seconds time = sys_days(1899y / 1 / 1); time < sys_days(2110y / 1 / 1);
       time += 3'333'333s) {
    EXPECT_EQ(parse_date(format_date(time), kNow), time);
  }
}

TEST(DateTest, TwoDigitYearsLieAtMostFiftyYearsAhead) {
  EXPECT_EQ(parse_date("Monday, 01-Jan-75 00:00:00 GMT", kNow), sys_days(2075y / 1 / 1));
  EXPECT_EQ(parse_date("Monday, 01-Jan-76 00:00:00 GMT", kNow), sys_days(1976y / 1 / 1));
  EXPECT_EQ(parse_date("Monday, 01-Jan-76 00:00:00 GMT", sys_days(2030y / 1 / 1)),
            sys_days(2076y / 1 / 1));
}

TEST(DateTest, ALeapSecondIsTheNextMinute) {
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow), sys_days(2017y / 1 / 1));
}

TEST(DateTest, Rfc9111Section42NamesMayBeInAnyCaseForCaches) {
  for (const std::string_view text :
       {"SUN, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nOV 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 gMT", "sUNDAY, 06-nov-94 08:49:37 gmt",
        "sun noV  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_date_in_any_case(text, kNow), kExample) << text;
    EXPECT_EQ(parse_date(text, kNow), std::nullopt) << text;
  }
  EXPECT_EQ(parse_date_in_any_case("SUN, 06 Nov 1994 08:49:37 UTC", kNow), std::nullopt);
}

TEST(DateTest, EverythingElseIsNoDate) {
  for (const std::string_view text : {"",
                                      "Sun",
                                      "Sun,",
                                      "tomorrow",
                                      "784111777",
                                      "Sun, 06 Nov 1994 08:49:37",
                                      "Sun, 06 Nov 1994 08:49:37 UTC",
                                      "Sun, 06 Nov 1994 08:49:37 GMT ",
                                      " Sun, 06 Nov 1994 08:49:37 GMT",
                                      "Sun, 6 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 nov 1994 08:49:37 GMT",
                                      "sun, 06 Nov 1994 08:49:37 GMT",
                                      "Xyz, 06 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nov 94 08:49:37 GMT",
                                      "Sun, 00 Nov 1994 08:49:37 GMT",
                                      "Sun, 31 Nov 1994 08:49:37 GMT",
                                      "Wed, 29 Feb 2023 00:00:00 GMT",
                                      "Sun, 06 Nov 1994 24:00:00 GMT",
                                      "Sun, 06 Nov 1994 08:60:37 GMT",
                                      "Sun, 06 Nov 1994 08:49:61 GMT",
                                      "Sun, 06 Nov 1994 8:49:37 GMT",
                                      "Sun, 06 Nov 1994 +8:49:37 GMT",
                                      "Sunday, 06-Nov-1994 08:49:37 GMT",
                                      "Sun, 06-Nov-94 08:49:37 GMT",
                                      "Sunday, 06-Nov-94 08:49:37",
                                      "Sun Nov 6 08:49:37 1994",
                                      "Sun Nov  6 08:49:37 94",
                                      "Sun Nov  6 08:49:37 1994 GMT",
                                      "Sun, 06 Nov 1994 08:49:37 -0000"}) {
    EXPECT_EQ(parse_date(text, kNow), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace yatagarasu::http
