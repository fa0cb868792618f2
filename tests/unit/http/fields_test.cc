#include "http/fields.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::http {
namespace {

Fields fields_with(const std::vector<Field>& all) {
  Fields fields;
  for (const Field& field : all) fields.add(field.name, field.value);
  return fields;
}

TEST(FieldsTest, AFieldIsFoundInAnyCaseAndTheFirstOneCounts) {
  const Fields fields = fields_with({{"ETag", "1"}, {"x-a", "2"}, {"X-A", "3"}});

  EXPECT_EQ(fields.get("X-a"), "2");
  EXPECT_EQ(fields.count("x-A"), 2U);
  EXPECT_TRUE(fields.has("etag"));
}

TEST(FieldsTest, AFieldThatIsMissingIsEmptyAndNull) {
  const Fields fields = fields_with({{"ETag", "1"}});

  EXPECT_EQ(fields.find("ETa"), nullptr);
  EXPECT_EQ(fields.get("ETags"), "");
  EXPECT_EQ(fields.count("Vary"), 0U);
  EXPECT_EQ(fields.joined("Vary"), std::nullopt);
}

TEST(FieldsTest, ValuesOfOneNameAreJoinedInOrder) {
  const Fields fields = fields_with({{"Vary", "a"}, {"ETag", "1"}, {"vary", ""}, {"VARY", "b"}});

  EXPECT_EQ(fields.joined("Vary"), "a, , b");
}

TEST(FieldsTest, MoreFieldsThanFitInlineKeepTheirOrder) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("x-" + std::to_string(i));
  Fields fields;
  for (const std::string& name : names) fields.add(name, "v");

  std::size_t next = 0;
  for (const Field& field : fields) EXPECT_EQ(field.name, names[next++]);
  EXPECT_EQ(fields.size(), 100U);
}

TEST(HeaderBlockTest, FieldsAreKeptAsTheyGoOverTheWire) {
  HeaderBlock block;
  block.add("ETag", "\"a:b\"");
  block.add("X-Empty", "");

  EXPECT_EQ(block.wire(), "ETag: \"a:b\"\r\nX-Empty: \r\n");
}

TEST(HeaderBlockTest, SetReplacesEveryFieldOfTheName) {
  HeaderBlock block;
  block.add("vary", "a");
  block.add("ETag", "1");
  block.add("Vary", "b");
  block.set("VARY", "c");

  EXPECT_EQ(block.wire(), "ETag: 1\r\nVARY: c\r\n");
}

TEST(HeaderBlockTest, RemoveTakesNeighboursOfOneNameAndLeavesLongerNames) {
  HeaderBlock block;
  block.add("Vary", "a");
  block.add("Vary", "b");
  block.add("Vary-Not", "c");
  block.remove("vary");
  block.remove("Absent");

  EXPECT_EQ(block.wire(), "Vary-Not: c\r\n");
}

TEST(HeaderBlockTest, TheFirstValueIsFoundInAnyCase) {
  HeaderBlock block;
  block.add("X-A", "ETag: no");
  block.add("ETag", "yes");
  block.add("etag", "later");

  EXPECT_EQ(block.get("etag"), "yes");
  EXPECT_FALSE(block.has("Vary"));
}

TEST(HeaderBlockTest, VisitsEveryFieldInOrder) {
  HeaderBlock block;
  block.add("A", "1");
  block.add("B", "");
  block.add("A", "x: y");

  std::vector<std::pair<std::string, std::string>> seen;
  block.for_each(
      [&](std::string_view name, std::string_view value) { seen.emplace_back(name, value); });
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"A", "1"}, {"B", ""}, {"A", "x: y"}};
  EXPECT_EQ(seen, expected);
}

TEST(HeaderBlockTest, NothingThatWouldForgeAFieldIsKept) {
  using std::string_view_literals::operator""sv;
  HeaderBlock block;
  block.add("X-A", "1\r\nSet-Cookie: a=b");
  block.add("X-A", "1\n");
  block.add("X-A", "1\0"sv);
  block.add("X-A: 1\r\nX-B", "2");
  block.add("", "1");

  EXPECT_TRUE(block.empty());
}

}  // namespace
}  // namespace yatagarasu::http
