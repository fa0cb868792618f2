#include "crypto/constant_time.h"

#include <gtest/gtest.h>

#include <string_view>

namespace yatagarasu::crypto {
namespace {

using namespace std::string_view_literals;

TEST(ConstantTimeTest, EqualMeansTheSameBytes) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("token", "token"));
  EXPECT_TRUE(constant_time_equal("a\0b"sv, "a\0b"sv));
}

TEST(ConstantTimeTest, ADifferenceAnywhereCounts) {
  EXPECT_FALSE(constant_time_equal("token", "Token"));
  EXPECT_FALSE(constant_time_equal("token", "tokeN"));
  EXPECT_FALSE(constant_time_equal("a\0b"sv, "a\0c"sv));
}

TEST(ConstantTimeTest, DifferentLengthsAreNeverEqual) {
  EXPECT_FALSE(constant_time_equal("token", "toke"));
  EXPECT_FALSE(constant_time_equal("", "t"));
  EXPECT_FALSE(constant_time_equal("token\0"sv, "token"sv));
}

}  // namespace
}  // namespace yatagarasu::crypto
