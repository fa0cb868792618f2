#include "http/hop_by_hop.h"

#include <gtest/gtest.h>

#include <string_view>

namespace yatagarasu::http {
namespace {

struct HopByHopCase {
  std::string_view name;
  bool is_connection_specific;
  bool is_hop_by_hop;
};

TEST(HopByHopTest, TellsFieldsOfTheConnectionFromThoseOfTheMessage) {
  constexpr HopByHopCase kCases[] = {
      {"Connection", true, true},
      {"keep-alive", true, true},
      {"Proxy-Connection", true, true},
      {"TRANSFER-ENCODING", true, true},
      {"Upgrade", true, true},
      {"TE", false, true},
      {"Trailer", false, true},
      {"Proxy-Authenticate", false, true},
      {"proxy-authentication-info", false, true},
      {"Proxy-Authorization", false, true},
      {"Content-Length", false, false},
      {"Content-Type", false, false},
      {"Authorization", false, false},
      {"Upgrades", false, false},
      {"", false, false},
  };
  for (const HopByHopCase& each : kCases) {
    EXPECT_EQ(is_connection_specific(each.name), each.is_connection_specific) << each.name;
    EXPECT_EQ(is_hop_by_hop(each.name), each.is_hop_by_hop) << each.name;
  }
}

}  // namespace
}  // namespace yatagarasu::http
