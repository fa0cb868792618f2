#include "auth/jwt/claims.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

namespace json = boost::json;
using enum ClaimOperator;

constexpr ClaimOperator kAll[] = {kEquals, kNotEquals, kIn, kContains, kExists,
                                  kGt,     kGte,       kLt, kLte};

// Values of every type, no two of them equal.
const std::vector<std::string>& distinct_values() {
  static const std::vector<std::string> values = {
      "true",   "false",     "0",         "1",  "-1",  "1.5",      R"("")", R"("1")", R"("a")",
      R"("A")", R"("true")", R"("null")", "[]", "[1]", R"(["a"])", "[[1]]", "{}",     R"({"a":1})"};
  return values;
}

bool holds_for(std::string_view claim, ClaimOperator op, json::value value) {
  const json::object claims = {{"c", json::parse({claim.data(), claim.size()})}};
  return holds({.claim = "c", .op = op, .value = std::move(value)}, claims);
}
bool holds_text(std::string_view claim, ClaimOperator op, std::string_view value) {
  return holds_for(claim, op, json::parse({value.data(), value.size()}));
}

bool finds(std::string_view claims, std::string_view name) {
  return holds({.claim = std::string(name), .op = kExists, .value = true},
               json::parse({claims.data(), claims.size()}).as_object());
}

// What the four orders say of a and b, as "<", "=", ">" or "" for no order at all.
std::string order(std::string_view a, std::string_view b) {
  const bool lt = holds_text(a, kLt, b);
  const bool gt = holds_text(a, kGt, b);
  const bool lte = holds_text(a, kLte, b);
  const bool gte = holds_text(a, kGte, b);
  if (lt && lte && !gt && !gte) return "<";
  if (!lt && !gt && lte && gte) return "=";
  if (gt && gte && !lt && !lte) return ">";
  return lt || gt || lte || gte ? "contradiction" : "";
}

TEST(ClaimRuleTest, EqualIsOfOneTypeAndOneValue) {
  for (const std::string& a : distinct_values()) {
    for (const std::string& b : distinct_values()) {
      EXPECT_EQ(holds_text(a, kEquals, b), a == b) << a << " " << b;
      EXPECT_EQ(holds_text(a, kNotEquals, b), a != b) << a << " " << b;
      EXPECT_EQ(holds_text(a, kIn, "[" + b + "]"), a == b) << a << " " << b;
      EXPECT_EQ(holds_text("[" + a + "]", kContains, b), a == b) << a << " " << b;
    }
  }
}

TEST(ClaimRuleTest, NumbersAreEqualByValue) {
  for (const auto& [a, b] : {std::pair{"1", "1.0"}, std::pair{"100", "1e2"}, std::pair{"0", "-0"},
                             std::pair{"0", "-0.0"}, std::pair{"0.5", "5e-1"},
                             std::pair{"18446744073709551615", "18446744073709551615"}}) {
    EXPECT_TRUE(holds_text(a, kEquals, b)) << a << " " << b;
    EXPECT_FALSE(holds_text(a, kNotEquals, b)) << a << " " << b;
    EXPECT_EQ(order(a, b), "=") << a << " " << b;
  }
}

TEST(ClaimRuleTest, OrderIsOfNumbersByValueAndOfStringsByBytes) {
  struct Case {
    std::string_view less;
    std::string_view more;
  };
  for (const Case& c :
       {Case{"1", "2"}, Case{"-1", "0"}, Case{"1", "1.5"}, Case{"-1.5", "-1"}, Case{"2", "10"},
        Case{"1e2", "101"}, Case{"9007199254740992", "9007199254740993"},
        Case{"9223372036854775807", "9223372036854775808"},
        Case{"18446744073709551614", "18446744073709551615"},
        Case{"-9223372036854775808", "18446744073709551615"}, Case{"18446744073709551615", "1e20"},
        Case{"-1e400", "1e400"}, Case{R"("")", R"("a")"}, Case{R"("10")", R"("2")"},
        Case{R"("Z")", R"("a")"}, Case{R"("a")", R"("aa")"}, Case{R"("a")", R"("\u00fc")"}}) {
    EXPECT_EQ(order(c.less, c.more), "<") << c.less << " " << c.more;
    EXPECT_EQ(order(c.more, c.less), ">") << c.less << " " << c.more;
    EXPECT_EQ(order(c.less, c.less), "=") << c.less;
    EXPECT_EQ(order(c.more, c.more), "=") << c.more;
    EXPECT_FALSE(holds_text(c.less, kEquals, c.more)) << c.less << " " << c.more;
  }
}

TEST(ClaimRuleTest, NothingElseHasAnOrder) {
  const auto is_number = [](const std::string& text) { return text.find_first_of("tfn\"[{") != 0; };
  for (const std::string& a : distinct_values()) {
    for (const std::string& b : distinct_values()) {
      const bool both_are_text = a.front() == '"' && b.front() == '"';
      const bool both_are_numbers = is_number(a) && is_number(b);
      EXPECT_EQ(order(a, b).empty(), !both_are_text && !both_are_numbers) << a << " " << b;
    }
  }
}

TEST(ClaimRuleTest, InIsOneOfTheValues) {
  EXPECT_TRUE(holds_text("2", kIn, "[1, 2]"));
  EXPECT_TRUE(holds_text("2.0", kIn, "[1, 2]"));
  EXPECT_FALSE(holds_text("3", kIn, "[1, 2]"));
  EXPECT_FALSE(holds_text(R"("2")", kIn, "[1, 2]"));
  EXPECT_TRUE(holds_text(R"("b")", kIn, R"(["a", "b"])"));
  EXPECT_FALSE(holds_text(R"("B")", kIn, R"(["a", "b"])"));
  EXPECT_FALSE(holds_text("[1]", kIn, "[1, 2]"));
  EXPECT_FALSE(holds_text("1", kIn, "[]"));
  EXPECT_TRUE(holds_text("true", kIn, R"([1, "true", true])"));
}

TEST(ClaimRuleTest, ContainsIsAnItemOrAPartOfAText) {
  EXPECT_TRUE(holds_text(R"(["a", "b"])", kContains, R"("b")"));
  EXPECT_TRUE(holds_text(R"([1, 2.0])", kContains, "2"));
  EXPECT_FALSE(holds_text(R"(["ab"])", kContains, R"("a")"));
  EXPECT_FALSE(holds_text(R"(["1"])", kContains, "1"));
  EXPECT_FALSE(holds_text(R"([["a"]])", kContains, R"("a")"));
  EXPECT_FALSE(holds_text("[]", kContains, R"("a")"));
  EXPECT_TRUE(holds_text(R"("read write")", kContains, R"("write")"));
  EXPECT_FALSE(holds_text(R"("read write")", kContains, R"("Write")"));
  EXPECT_TRUE(holds_text(R"("a1")", kContains, R"("")"));
  EXPECT_FALSE(holds_text(R"("a1")", kContains, "1"));
  EXPECT_FALSE(holds_text("11", kContains, "1"));
  EXPECT_FALSE(holds_text(R"({"a":1})", kContains, R"("a")"));
  EXPECT_FALSE(holds_text("true", kContains, "true"));
}

TEST(ClaimRuleTest, ExistsIsAnyValueButNull) {
  for (const std::string& value : distinct_values()) {
    EXPECT_TRUE(holds_for(value, kExists, true)) << value;
    EXPECT_FALSE(holds_for(value, kExists, false)) << value;
  }
  EXPECT_FALSE(holds_for("null", kExists, true));
  EXPECT_TRUE(holds_for("null", kExists, false));
}

TEST(ClaimRuleTest, AMissingOrNullClaimFailsEveryRule) {
  for (const json::object& claims :
       {json::object{}, json::object{{"c", nullptr}}, json::object{{"C", 1}, {"c ", 1}}}) {
    for (const ClaimOperator op : kAll) {
      if (op == kExists) continue;
      for (const std::string& value : distinct_values()) {
        const json::value wanted = json::parse(value);
        const json::value list = json::array{wanted, nullptr};
        const ClaimRule rule{.claim = "c", .op = op, .value = op == kIn ? list : wanted};
        EXPECT_FALSE(holds(rule, claims)) << name_of(op) << " " << value;
      }
    }
    EXPECT_FALSE(holds({.claim = "c", .op = kExists, .value = true}, claims));
    EXPECT_TRUE(holds({.claim = "c", .op = kExists, .value = false}, claims));
  }
}

TEST(ClaimRuleTest, DotsStepIntoObjects) {
  EXPECT_TRUE(finds(R"({"a":{"b":{"c":1}}})", "a.b.c"));
  EXPECT_TRUE(finds(R"({"a":{"b":{"c":1}}})", "a.b"));
  EXPECT_TRUE(finds(R"({"":{"":1}})", "."));
  EXPECT_FALSE(finds(R"({"a":{"b":null}})", "a.b"));
  EXPECT_FALSE(finds(R"({"a":{"b":1}})", "a.c"));
  EXPECT_FALSE(finds(R"({"a":{"b":1}})", "a.b.c"));
  EXPECT_FALSE(finds(R"({"a":{"b":1}})", "a."));
  EXPECT_FALSE(finds(R"({"a":{"b":1}})", ".a"));
  EXPECT_FALSE(finds(R"({"a":{"b":1}})", "a..b"));
  EXPECT_FALSE(finds(R"({"a":[{"b":1}]})", "a.b"));
  EXPECT_FALSE(finds(R"({"a":[1]})", "a.0"));
  EXPECT_FALSE(finds(R"({"a":"b"})", "a.b"));
  EXPECT_FALSE(finds(R"({"a":1})", ""));
}

TEST(ClaimRuleTest, TheNameAsItIsComesBeforeItsDots) {
  EXPECT_TRUE(finds(R"({"https://example.org/role":"x"})", "https://example.org/role"));
  const json::object both = {{"a.b", 1}, {"a", json::object{{"b", 2}}}};
  EXPECT_TRUE(holds({.claim = "a.b", .op = kEquals, .value = 1}, both));
  EXPECT_FALSE(holds({.claim = "a.b", .op = kEquals, .value = 2}, both));
  // Also when it is null: the claim is there, and says nothing.
  EXPECT_FALSE(finds(R"({"a.b":null,"a":{"b":1}})", "a.b"));
  // Only the whole name, not a part of the way.
  EXPECT_FALSE(finds(R"({"a.b":{"c":1}})", "a.b.c"));
}

TEST(ClaimRuleTest, RegisteredClaimsAreClaimsLikeAnyOther) {
  const json::object claims = {{"iss", "me"}, {"sub", "you"}, {"aud", json::array{"a", "b"}},
                               {"exp", 2},    {"iat", 1},     {"jti", "7"}};
  EXPECT_EQ(broken_rules({{.claim = "iss", .op = kEquals, .value = "me"},
                          {.claim = "sub", .op = kIn, .value = json::array{"you"}},
                          {.claim = "aud", .op = kContains, .value = "b"},
                          {.claim = "exp", .op = kGt, .value = 1},
                          {.claim = "iat", .op = kLte, .value = 1},
                          {.claim = "nbf", .op = kExists, .value = false},
                          {.claim = "jti", .op = kNotEquals, .value = 7}},
                         claims),
            "");
}

TEST(ClaimRuleTest, EveryRuleIsEvaluatedAndTheBrokenOnesAreNamed) {
  const json::object claims = {{"role", "reader"}, {"level", 3}};
  const std::vector<ClaimRule> rules = {
      {.claim = "role", .op = kEquals, .value = "admin"},
      {.claim = "level", .op = kGte, .value = 3},
      {.claim = "tenant.id", .op = kIn, .value = json::array{1, 2}},
      {.claim = "role", .op = kContains, .value = "read"},
      {.claim = "level", .op = kLt, .value = 3}};

  const std::string broken = broken_rules(rules, claims);

  EXPECT_EQ(broken, "role equals, tenant.id in, level lt");
  EXPECT_EQ(broken_rules({}, claims), "");
}

TEST(ClaimRuleTest, OperatorsHaveTheNamesOfConfigurations) {
  std::string names;
  for (const ClaimOperator op : kAll) names += std::string(name_of(op)) + " ";
  EXPECT_EQ(names, "equals not_equals in contains exists gt gte lt lte ");
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
