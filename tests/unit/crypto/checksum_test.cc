#include "crypto/checksum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::crypto {
namespace {

std::string checksum(ChecksumAlgorithm algorithm, std::string_view bytes) {
  Checksum sum(algorithm);
  sum.update(bytes);
  return sum.finish();
}

// The check values of the CRC catalogue (CBF43926, E3069283) and of FIPS 180 ("abc").
TEST(ChecksumTest, AgreesWithThePublishedCheckValues) {
  EXPECT_EQ(checksum(ChecksumAlgorithm::kCrc32, "123456789"), "y/Q5Jg==");
  EXPECT_EQ(checksum(ChecksumAlgorithm::kCrc32c, "123456789"), "4waSgw==");
  EXPECT_EQ(checksum(ChecksumAlgorithm::kSha1, "abc"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
  EXPECT_EQ(checksum(ChecksumAlgorithm::kSha256, "abc"),
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

TEST(ChecksumTest, NothingHasAChecksumToo) {
  EXPECT_EQ(checksum(ChecksumAlgorithm::kCrc32, ""), "AAAAAA==");
  EXPECT_EQ(checksum(ChecksumAlgorithm::kCrc32c, ""), "AAAAAA==");
  EXPECT_EQ(checksum(ChecksumAlgorithm::kSha1, ""), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  EXPECT_EQ(checksum(ChecksumAlgorithm::kSha256, ""),
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST(ChecksumTest, PiecesMakeNoDifference) {
  std::string bytes(5000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 256);

  for (const ChecksumAlgorithm algorithm : {ChecksumAlgorithm::kCrc32, ChecksumAlgorithm::kCrc32c,
                                            ChecksumAlgorithm::kSha1, ChecksumAlgorithm::kSha256}) {
    Checksum sum(algorithm);
    std::string_view rest = bytes;
    for (std::size_t step = 1; !rest.empty(); step = step * 3 + 1) {
      sum.update(rest.substr(0, step));
      rest.remove_prefix(std::min(step, rest.size()));
    }
    const std::string text = sum.finish();
    EXPECT_EQ(text, checksum(algorithm, bytes));
    EXPECT_EQ(text.size(), Checksum::text_size(algorithm));
  }
}

}  // namespace
}  // namespace yatagarasu::crypto
