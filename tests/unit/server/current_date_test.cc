#include "server/current_date.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string_view>

namespace yatagarasu::server {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kNoon = std::chrono::sys_days(2026y / 11 / 24) + 12h;

TEST(DateTextTest, IsThatOfTheSecond) {
  DateText date;

  EXPECT_EQ(date.at(kNoon), "Tue, 24 Nov 2026 12:00:00 GMT");
  EXPECT_EQ(date.at(kNoon), "Tue, 24 Nov 2026 12:00:00 GMT");
  EXPECT_EQ(date.at(kNoon - 1s), "Tue, 24 Nov 2026 11:59:59 GMT");
}

TEST(DateTextTest, WhatWasGivenOutBecomesTheNewDate) {
  DateText date;
  const std::string_view first = date.at(kNoon);

  date.at(kNoon + 1s);

  EXPECT_EQ(first, "Tue, 24 Nov 2026 12:00:01 GMT");
}

}  // namespace
}  // namespace yatagarasu::server
