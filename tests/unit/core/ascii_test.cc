#include "core/ascii.h"

#include <gtest/gtest.h>

namespace yatagarasu::core {
namespace {

TEST(AsciiTest, ComparesWithoutRegardToCase) {
  EXPECT_TRUE(iequals("ETag", "etag"));
  EXPECT_FALSE(iequals("ETag", "ETags"));
  EXPECT_FALSE(iequals("[", "{"));
  EXPECT_TRUE(istarts_with("X-Amz-Meta-A", "x-amz-meta-"));
  EXPECT_FALSE(istarts_with("x-amz", "x-amz-meta-"));
}

TEST(AsciiTest, TrimsSpacesAndTabsOnly) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim("\na\n"), "\na\n");
}

TEST(AsciiTest, WritesLowerCaseHexadecimal) {
  EXPECT_EQ(to_hex(std::string("\x00\x0f\xff", 3)), "000fff");
}

TEST(AsciiTest, KnowsTheValueOfAHexadecimalDigit) {
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
  EXPECT_EQ(hex_value('g'), -1);
}

TEST(AsciiTest, LowersOnlyLetters) {
  EXPECT_EQ(to_lower("AZ-[\xC4"), "az-[\xC4");
}

}  // namespace
}  // namespace yatagarasu::core
