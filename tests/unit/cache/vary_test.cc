#include "cache/policy/vary.h"

#include "unit/cache/answers.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::cache {
namespace {

const std::vector<std::string> kForwarded = {"Foo", "bar", "Accept-Language"};

Vary read(const std::vector<std::string>& values) {
  Lines lines;
  for (const std::string& value : values) lines.emplace_back("Vary", value);
  return read_vary(fields(lines), kForwarded);
}

std::string selecting(std::string_view names, const Lines& request) {
  return selecting_values(names, fields(request));
}

TEST(VaryTest, Rfc9110Section1255NamesAreCollectedFromAllFields) {
  EXPECT_EQ(read({}).names, "");
  EXPECT_EQ(read({"Foo"}).names, "foo");
  EXPECT_EQ(read({"Foo, BAR"}).names, "bar,foo");
  EXPECT_EQ(read({"bar", "Foo,bar,, "}).names, "bar,foo");
}

TEST(VaryTest, Rfc9111Section41AnyStarMatchesNoRequest) {
  for (const std::vector<std::string>& values : std::vector<std::vector<std::string>>{
           {"*"}, {"*, *"}, {"*", "*"}, {", *"}, {"", "*"}, {"*, Foo"}, {"Foo, *"}}) {
    EXPECT_TRUE(read(values).is_any) << values[0];
  }
  EXPECT_FALSE(read({"*a"}).is_any);
}

TEST(VaryTest, FieldsThatTheOriginNeverSeesMakeNoVariants) {
  EXPECT_EQ(read({"Accept-Encoding, Origin"}).names, "");
  EXPECT_EQ(read({"Origin, Foo"}).names, "foo");
}

TEST(VaryTest, TooManyNamesAreNotWorthStoring) {
  std::vector<std::string> forwarded;
  std::string list;
  for (int i = 0; i < 17; ++i) {
    forwarded.push_back("x-" + std::to_string(i));
    list += forwarded.back() + ",";
  }
  EXPECT_TRUE(read_vary(fields({{"Vary", list}}), forwarded).is_any);
}

TEST(VaryTest, Rfc9111Section41AbsentMatchesAbsentAlone) {
  const std::string absent = selecting("foo", {{"Other", "1"}});
  EXPECT_EQ(absent, selecting("foo", {}));
  EXPECT_NE(absent, selecting("foo", {{"Foo", ""}}));
  EXPECT_NE(absent, selecting("foo", {{"Foo", "1"}}));
  EXPECT_EQ(selecting("foo", {{"Foo", "1"}}), selecting("foo", {{"foo", "1"}, {"Bar", "2"}}));
}

TEST(VaryTest, Rfc9111Section41SpellingsOfOneListAreOne) {
  const std::string one = selecting("foo", {{"Foo", "1, 2"}});
  EXPECT_EQ(one, selecting("foo", {{"Foo", "1"}, {"Foo", "2"}}));
  EXPECT_EQ(one, selecting("foo", {{"Foo", " 1,2 "}}));
  EXPECT_EQ(one, selecting("foo", {{"Foo", ",1 ,\t2,"}}));
  EXPECT_NE(one, selecting("foo", {{"Foo", "2, 1"}}));
  EXPECT_NE(selecting("foo", {{"Foo", "a b"}}), selecting("foo", {{"Foo", "ab"}}));
  EXPECT_NE(selecting("foo", {{"Foo", "A"}}), selecting("foo", {{"Foo", "a"}}));
}

TEST(VaryTest, WhatIsQuotedIsKeptAsItIs) {
  EXPECT_NE(selecting("foo", {{"Foo", "\"a, b\""}}), selecting("foo", {{"Foo", "\"a,b\""}}));
  EXPECT_NE(selecting("foo", {{"Foo", R"("a\" , b")"}}), selecting("foo", {{"Foo", R"("a\",b")"}}));
  EXPECT_EQ(selecting("foo", {{"Foo", "\"open"}}), "foo=\"open\n");
  EXPECT_EQ(selecting("foo", {{"Foo", "\"open\\"}}), "foo=\"open\\\n");
}

TEST(VaryTest, Rfc9110Section1254LanguagesHaveNoCaseAndNoWhiteSpace) {
  const std::string one = selecting("accept-language", {{"Accept-Language", "en, de;q=0.5"}});
  EXPECT_EQ(one, selecting("accept-language", {{"Accept-Language", " eN ,   De ; q=0.5"}}));
  EXPECT_NE(one, selecting("accept-language", {{"Accept-Language", "de;q=0.5, en"}}));
}

TEST(VaryTest, ValuesOfOneFieldAreNotTakenForAnothers) {
  EXPECT_NE(selecting("bar,foo", {{"Foo", "1"}}), selecting("bar,foo", {{"Bar", "1"}}));
  EXPECT_NE(selecting("bar,foo", {{"Bar", "1,foo=2"}}),
            selecting("bar,foo", {{"Bar", "1"}, {"Foo", "2"}}));
}

TEST(VaryTest, AMarkerKeepsTheNames) {
  const std::string bytes = encode(make_vary_marker(read({"Foo, bar"})));
  const auto marker = decode(bytes);
  ASSERT_TRUE(marker);
  EXPECT_TRUE(marker->metadata.is(Trait::kVaryMarker));
  EXPECT_EQ(names_of_marker(*marker), "bar,foo");
  const StoredResponse response = Answer{.lines = {{"Cache-Control", "max-age=1"}}}.stored();
  EXPECT_FALSE(response.metadata.is(Trait::kVaryMarker));
}

}  // namespace
}  // namespace yatagarasu::cache
