#include "http/entity_tag.h"

#include <gtest/gtest.h>

#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr auto kStrong = EtagComparison::kStrong;
constexpr auto kWeak = EtagComparison::kWeak;

TEST(EntityTagTest, ATagIsQuotedAndMayBeWeak) {
  for (const std::string_view text : {"\"\"", "\"abc\"", "W/\"abc\"", "\"a,b\"", "\"\x80!\""}) {
    EXPECT_TRUE(is_entity_tag(text)) << text;
  }
  for (const std::string_view text : {"", "abc", "\"", "\"abc", "abc\"", "w/\"abc\"", "W/abc", "W/",
                                      "\"a b\"", "\"a\"b\"", "\"a\" ", "\"a\x7f\"", "*"}) {
    EXPECT_FALSE(is_entity_tag(text)) << text;
  }
}

TEST(EntityTagTest, OnlyTagsWithoutWeaknessAreStrong) {
  EXPECT_TRUE(is_strong_etag("\"abc\""));
  EXPECT_FALSE(is_strong_etag("W/\"abc\""));
  EXPECT_FALSE(is_strong_etag("abc"));
}

// The table of RFC 9110 §8.8.3.2.
TEST(EntityTagTest, ComparisonFollowsTheTableOfTheRfc) {
  EXPECT_FALSE(etags_match("W/\"1\"", "W/\"1\"", kStrong));
  EXPECT_TRUE(etags_match("W/\"1\"", "W/\"1\"", kWeak));
  EXPECT_FALSE(etags_match("W/\"1\"", "W/\"2\"", kStrong));
  EXPECT_FALSE(etags_match("W/\"1\"", "W/\"2\"", kWeak));
  EXPECT_FALSE(etags_match("W/\"1\"", "\"1\"", kStrong));
  EXPECT_TRUE(etags_match("W/\"1\"", "\"1\"", kWeak));
  EXPECT_TRUE(etags_match("\"1\"", "\"1\"", kStrong));
  EXPECT_TRUE(etags_match("\"1\"", "\"1\"", kWeak));
}

TEST(EntityTagTest, TextThatIsNoTagMatchesNothing) {
  EXPECT_FALSE(etags_match("abc", "abc", kWeak));
  EXPECT_FALSE(etags_match("", "", kWeak));
}

TEST(EntityTagTest, AListMatchesWhenOneOfItsTagsDoes) {
  EXPECT_TRUE(etag_list_matches("\"a\"", "\"a\"", kStrong));
  EXPECT_TRUE(etag_list_matches("\"x\", W/\"y\",\"a\"", "\"a\"", kStrong));
  EXPECT_TRUE(etag_list_matches(", ,\"x\"\t,, \"a\",", "\"a\"", kStrong));
  EXPECT_TRUE(etag_list_matches("W/\"a\"", "\"a\"", kWeak));
  EXPECT_FALSE(etag_list_matches("W/\"a\"", "\"a\"", kStrong));
  EXPECT_FALSE(etag_list_matches("\"x\", \"y\"", "\"a\"", kWeak));
  EXPECT_FALSE(etag_list_matches("", "\"a\"", kWeak));
}

TEST(EntityTagTest, ACommaWithinATagDoesNotSplitIt) {
  EXPECT_TRUE(etag_list_matches("\"x,\", \"a,b\"", "\"a,b\"", kStrong));
  EXPECT_FALSE(etag_list_matches("\"x,\"a\",y\"", "\"y\"", kStrong));
}

TEST(EntityTagTest, AListIsReadUpToWhatIsNoTag) {
  EXPECT_TRUE(etag_list_matches("\"a\", junk", "\"a\"", kStrong));
  EXPECT_FALSE(etag_list_matches("junk, \"a\"", "\"a\"", kStrong));
}

}  // namespace
}  // namespace yatagarasu::http
