#include "aws/amz_time.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace yatagarasu::aws {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds at(std::chrono::sys_days day, std::chrono::seconds time) {
  return day + time;
}

TEST(AmzTimeTest, IsWrittenInUtcWithLeadingZeros) {
  EXPECT_EQ(AmzTime(at(2013y / 5 / 24, 0s)).text(), "20130524T000000Z");
  EXPECT_EQ(AmzTime(at(2026y / 1 / 2, 3h + 4min + 5s)).text(), "20260102T030405Z");
  EXPECT_EQ(AmzTime(at(1999y / 12 / 31, 23h + 59min + 59s)).text(), "19991231T235959Z");
  EXPECT_EQ(AmzTime(at(2024y / 2 / 29, 12h)).text(), "20240229T120000Z");
}

TEST(AmzTimeTest, TheDayIsItsBeginning) {
  EXPECT_EQ(AmzTime(at(2026y / 1 / 2, 23h + 59min + 59s)).day(), "20260102");
}

TEST(AmzTimeTest, ReadingGivesBackWhatWasWritten) {
  for (const auto time :
       {at(1970y / 1 / 1, 0s), at(2000y / 2 / 29, 1s), at(2100y / 3 / 1, 86399s)}) {
    EXPECT_EQ(parse_amz_time(AmzTime(time).text()), time) << AmzTime(time).text();
  }
}

TEST(AmzTimeTest, WhatIsNoTimeIsNotRead) {
  constexpr std::string_view kNoTimes[] = {
      "",
      "20130524",
      "20130524T000000",
      "20130524T000000z",
      "20130524 000000Z",
      "20130524T000000Z ",
      "2013-05-24T00:00Z",
      "2013052xT000000Z",
      "20130524T0000-1Z",
      "20131324T000000Z",
      "20130532T000000Z",
      "20130229T000000Z",
      "20130024T000000Z",
      "20130524T240000Z",
      "20130524T006000Z",
      "20130524T000060Z",
  };
  for (const std::string_view text : kNoTimes) {
    EXPECT_EQ(parse_amz_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace yatagarasu::aws
