#include "http/syntax.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::http {
namespace {

using std::string_view_literals::operator""sv;

TEST(SyntaxTest, ATokenIsOneOrMoreOfItsCharacters) {
  EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
  for (const std::string_view text : {""sv, "a b"sv, "a:"sv, "a/b"sv, "\"a\""sv, "a@"sv, "\x80"sv,
                                      "a\0"sv, "(a)"sv, "a,b"sv, "{a}"sv, "[a]"sv, "a=b"sv}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
}

TEST(SyntaxTest, NoUriHoldsTheseBytes) {
  std::string refused;
  for (int c = 0; c < 256; ++c) {
    if (!is_target_char(static_cast<char>(c)) && c > 0x20 && c < 0x7f) {
      refused.push_back(static_cast<char>(c));
    }
  }
  EXPECT_EQ(refused, "\"<>\\^`{|}");
  for (const char c : "\0\t\r\n \x1f\x7f\x80\xff"sv) EXPECT_FALSE(is_target_char(c));
}

TEST(SyntaxTest, AFieldValueHoldsNoControlCharacterButTheTab) {
  EXPECT_TRUE(is_field_value(""));
  EXPECT_TRUE(is_field_value("a\tb c\x80\xff~"));
  for (int c = 0; c < 0x20; ++c) {
    const std::string text = std::string(40, 'a') + static_cast<char>(c) + "b";
    EXPECT_EQ(is_field_value(text), c == '\t') << c;
  }
  EXPECT_FALSE(is_field_value("\x7f"));
}

std::vector<std::string_view> members(std::string_view list) {
  std::vector<std::string_view> all;
  while (const auto member = next_member(list)) all.push_back(*member);
  return all;
}

TEST(SyntaxTest, AListIsSplitAtItsCommasAndEmptyMembersDoNotCount) {
  using List = std::vector<std::string_view>;
  EXPECT_EQ(members("a, b\t,c"), (List{"a", "b", "c"}));
  EXPECT_EQ(members(" ,, a b ,"), (List{"a b"}));
  EXPECT_EQ(members(""), List{});
  EXPECT_EQ(members(" , "), List{});
}

TEST(SyntaxTest, AMemberIsFoundInAnyCaseAndOnlyWhole) {
  EXPECT_TRUE(has_member("keep-alive, Close", "close"));
  EXPECT_FALSE(has_member("closed, x-close", "close"));
}

}  // namespace
}  // namespace yatagarasu::http
