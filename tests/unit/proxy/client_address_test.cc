#include "proxy/client_address.h"

#include <gtest/gtest.h>

#include <string>

namespace yatagarasu::proxy {
namespace {

struct AddressCase {
  const char* peer;
  const char* forwarded;  // Null: no such field.
  const char* client;
};

class ClientAddressTest : public ::testing::TestWithParam<AddressCase> {};

TEST_P(ClientAddressTest, IsTheRightmostThatNoTrustedProxyHas) {
  const std::vector<core::Cidr> trusted = {*core::Cidr::parse("10.0.0.0/8"),
                                           *core::Cidr::parse("2001:db8::/32")};
  http::Fields fields;
  if (GetParam().forwarded != nullptr) fields.add("X-Forwarded-For", GetParam().forwarded);

  const auto client = client_address(*core::IpAddress::parse(GetParam().peer), fields, trusted);

  EXPECT_EQ(client.to_string(), GetParam().client);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ClientAddressTest,
    ::testing::Values(AddressCase{"192.0.2.1", nullptr, "192.0.2.1"},
                      AddressCase{"192.0.2.1", "198.51.100.7", "192.0.2.1"},  // Not a trusted peer.
                      AddressCase{"10.0.0.1", nullptr, "10.0.0.1"},
                      AddressCase{"10.0.0.1", "198.51.100.7", "198.51.100.7"},
                      AddressCase{"10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"},
                      AddressCase{"10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"},
                      AddressCase{"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
                      AddressCase{"10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"},
                      AddressCase{"10.0.0.1", "nonsense, 10.0.0.2", "10.0.0.2"},
                      AddressCase{"10.0.0.1", "", "10.0.0.1"},
                      AddressCase{"2001:db8::1", "2001:db9::5", "2001:db9::5"}));

TEST(ClientAddressTest, SeveralFieldsCountAsOneList) {
  http::Fields fields;
  fields.add("X-Forwarded-For", "203.0.113.9");
  fields.add("x-forwarded-for", "198.51.100.7");

  const auto client = client_address(*core::IpAddress::parse("10.0.0.1"), fields,
                                     {*core::Cidr::parse("10.0.0.0/8")});

  EXPECT_EQ(client.to_string(), "198.51.100.7");
}

}  // namespace
}  // namespace yatagarasu::proxy
