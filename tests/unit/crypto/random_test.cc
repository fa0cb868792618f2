#include "crypto/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace yatagarasu::crypto {
namespace {

TEST(RandomTest, TwoDrawsDiffer) {
  std::array<std::uint8_t, 32> first{};
  std::array<std::uint8_t, 32> second{};

  random_bytes(first);
  random_bytes(second);

  EXPECT_NE(first, second);
}

TEST(RandomTest, FillsExactlyWhatItIsGiven) {
  std::vector<std::uint8_t> bytes(64, 0);

  random_bytes(std::span(bytes).first(32));

  const std::vector<std::uint8_t> untouched(bytes.begin() + 32, bytes.end());
  EXPECT_EQ(untouched, std::vector<std::uint8_t>(32, 0));
}

TEST(RandomTest, NothingIsFineToAskFor) {
  random_bytes({});
}

}  // namespace
}  // namespace yatagarasu::crypto
