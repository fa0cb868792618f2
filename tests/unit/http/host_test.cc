#include "http/host.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

using std::string_view_literals::operator""sv;

TEST(HostTest, NamesAndAddressesAreValidWithAndWithoutAPort) {
  for (const std::string_view text :
       {"a", "a.test", "A.TEST.", "a_b.test", "a-b~c.test", "127.0.0.1", "[::1]", "[::1]:8080",
        "[2001:db8::1.2.3.4]", "a.test:80", "a.test:", "a.test:0", "a.test:65535"}) {
    EXPECT_TRUE(is_valid_host(text)) << text;
  }
}

TEST(HostTest, EverythingElseIsRefused) {
  for (const std::string_view text : {""sv,
                                      ":80"sv,
                                      "a.test:65536"sv,
                                      "a.test:000080"sv,
                                      "a.test:8x"sv,
                                      "a.test:+80"sv,
                                      "a.test:80:80"sv,
                                      "a test"sv,
                                      "a,b"sv,
                                      "a%2eb"sv,
                                      "*"sv,
                                      ".a.test"sv,
                                      "a..test"sv,
                                      "user@a.test"sv,
                                      "a.test/x"sv,
                                      "a.test?x"sv,
                                      "a.test#x"sv,
                                      "a\\b"sv,
                                      "\"a\""sv,
                                      "a\x7f"sv,
                                      "\xe9.test"sv,
                                      "a\0.test"sv,
                                      "::1"sv,
                                      "[::1"sv,
                                      "[]"sv,
                                      "[::1]80"sv,
                                      "[::1]]"sv,
                                      "[::1]:99999"sv,
                                      "[127.0.0.1]"sv,
                                      "[a.test]"sv,
                                      "[fe80::1%25lo]"sv,
                                      "[v1.x:y]"sv,
                                      "[::1\0]"sv,
                                      "[:::]"sv,
                                      "a[::1]"sv}) {
    EXPECT_FALSE(is_valid_host(text)) << text;
  }
}

TEST(HostTest, ANameHasABound) {
  EXPECT_TRUE(is_valid_host(std::string(255, 'a')));
  EXPECT_FALSE(is_valid_host(std::string(256, 'a')));
}

}  // namespace
}  // namespace yatagarasu::http
