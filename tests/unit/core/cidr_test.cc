#include "core/cidr.h"

#include <gtest/gtest.h>

namespace yatagarasu::core {
namespace {

IpAddress ip(const char* text) {
  return IpAddress::parse(text).value();
}

TEST(IpAddressTest, ParsesAndPrintsBothFamilies) {
  EXPECT_EQ(ip("192.0.2.1").to_string(), "192.0.2.1");
  EXPECT_EQ(ip("2001:DB8::1").to_string(), "2001:db8::1");
}

TEST(IpAddressTest, AMappedAddressIsItsIpv4Address) {
  EXPECT_EQ(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
  EXPECT_TRUE(ip("::ffff:192.0.2.1").is_v4());
}

TEST(IpAddressTest, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::g", "[::1]", "a.test", "1.2.3.4 "}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

struct CidrCase {
  const char* block;
  const char* inside;
  const char* outside;
};

class CidrTest : public ::testing::TestWithParam<CidrCase> {};

TEST_P(CidrTest, ContainsItsAddressesAndNoOthers) {
  const auto block = Cidr::parse(GetParam().block);

  ASSERT_TRUE(block);
  EXPECT_TRUE(block->contains(ip(GetParam().inside)));
  EXPECT_FALSE(block->contains(ip(GetParam().outside)));
}

INSTANTIATE_TEST_SUITE_P(Table, CidrTest,
                         ::testing::Values(CidrCase{"10.0.0.0/8", "10.255.1.2", "11.0.0.0"},
                                           CidrCase{"192.0.2.1", "192.0.2.1", "192.0.2.2"},
                                           CidrCase{"192.0.2.128/25", "192.0.2.200", "192.0.2.127"},
                                           CidrCase{"0.0.0.0/0", "203.0.113.9", "2001:db8::1"},
                                           CidrCase{"2001:db8::/32", "2001:db8:ffff::1",
                                                    "2001:db9::"},
                                           CidrCase{"::1", "::1", "::2"}));

TEST(CidrTest, RefusesWhatIsNoBlock) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                           "::/129", "10.0.0.1/8", "2001:db8::1/32"}) {
    EXPECT_FALSE(Cidr::parse(text)) << text;
  }
}

TEST(CidrTest, PrintsWhatItParsed) {
  EXPECT_EQ(Cidr::parse("10.0.0.0/8")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(Cidr::parse("fd00::/8")->to_string(), "fd00::/8");
}

}  // namespace
}  // namespace yatagarasu::core
