#include "core/strict_json.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::core {
namespace {

using std::string_view_literals::operator""sv;

std::string nested(unsigned depth, std::string_view open, std::string_view close) {
  std::string text = R"({"a":)";
  for (unsigned i = 1; i < depth; ++i) text += open;
  text += open == "[" ? "" : "1";
  for (unsigned i = 1; i < depth; ++i) text += close;
  return text + "}";
}

TEST(StrictJsonTest, ReadsOneObject) {
  for (const std::string_view text :
       {R"({})", R"({"a":1})", R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})",
        R"({"a":":","b":"\":\"","c\\":"\\","d\":":"{\"a\":1,\"a\":2}"})",
        R"({"":1," ":2,"A":3,"a":4})", R"({"a":true,"b":false,"c":null,"d":-1.5e3,"e":[]})",
        "{\"ü\":\"日本\"}"}) {
    const auto object = parse_strict_object(text);
    ASSERT_TRUE(object) << text;
    EXPECT_EQ(parse_strict_object(boost::json::serialize(*object)), object) << text;
  }
  EXPECT_TRUE(parse_strict_object(" \t\r\n{ \"a\" : 1 } \n"));
}

// To the nearest double, as everyone else reads them; the digits and exponents are such that
// multiplying the one by a power of ten is off by a unit in the last place.
TEST(StrictJsonTest, ReadsFractionsExactly) {
  for (const std::string& text :
       {std::string("0.30000000000000004"), std::string("123.45678901234567"),
        std::string("8.41e21"), std::string("-9.5367431640625e-07"),
        std::string("2.2250738585072014E-308"), std::string("1.7976931348623157e+308"),
        std::string("5e-324"), std::string("9007199254740993.0"), std::string("1e23"),
        std::string("18446744073709551616"), std::string("0.1"), std::string("-0.0")}) {
    const auto object = parse_strict_object(R"({"n":)" + text + "}");
    ASSERT_TRUE(object) << text;
    ASSERT_TRUE(object->at("n").is_double()) << text;
    EXPECT_EQ(object->at("n").get_double(), std::strtod(text.c_str(), nullptr)) << text;
  }
}

TEST(StrictJsonTest, NumbersBeyondDoublesAreInfiniteOrZero) {
  for (const auto& [text, number] :
       {std::pair{"1e400", HUGE_VAL}, std::pair{"-1e400", -HUGE_VAL}, std::pair{"1e-400", 0.0}}) {
    const auto object = parse_strict_object(R"({"n":)" + std::string(text) + "}");
    ASSERT_TRUE(object) << text;
    EXPECT_EQ(object->at("n").to_number<double>(), number) << text;
  }
}

TEST(StrictJsonTest, IntegersKeepEveryDigit) {
  const auto object = parse_strict_object(
      R"({"a":9223372036854775807,"b":-9223372036854775808,"c":18446744073709551615})");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->at("a").as_int64(), INT64_MAX);
  EXPECT_EQ(object->at("b").as_int64(), INT64_MIN);
  EXPECT_EQ(object->at("c").as_uint64(), UINT64_MAX);
}

TEST(StrictJsonTest, RefusesWhatIsNotOneObject) {
  for (const std::string_view text :
       {""sv, " "sv, "1"sv, "\"a\""sv, "null"sv, "[]"sv, "[{}]"sv, "{"sv, "}"sv, "{}{}"sv, "{} x"sv,
        "{}\0"sv, "\0{}"sv, "\xEF\xBB\xBF{}"sv}) {
    EXPECT_FALSE(parse_strict_object(text)) << text;
  }
}

TEST(StrictJsonTest, RefusesWhatLenientParsersTake) {
  for (const std::string_view text :
       {R"({"a":1,})",        R"({,"a":1})",       R"({a:1})",        R"({'a':1})",
        R"({"a" 1})",         R"({"a":[1,]})",     R"({"a":01})",     R"({"a":+1})",
        R"({"a":1.})",        R"({"a":.5})",       R"({"a":0x1})",    R"({"a":1e})",
        R"({"a":NaN})",       R"({"a":Infinity})", R"({"a":-})",      R"({"a":True})",
        R"({"a":undefined})", R"({"a":1/**/})",    "{\"a\":1//\n}",   "{\"a\":\"\n\"}",
        "{\"a\":\"\t\"}",     R"({"a":"\x41"})",   R"({"a":"\u12"})", R"({"a":"})"}) {
    EXPECT_FALSE(parse_strict_object(text)) << text;
  }
}

TEST(StrictJsonTest, RefusesTextThatIsNotUtf8) {
  for (const std::string_view text :
       {"{\"a\":\"\xFF\"}"sv, "{\"\xC3\":1}"sv, "{\"a\":\"\xC0\xAF\"}"sv,
        "{\"a\":\"\xED\xA0\x80\"}"sv, "{\"a\":\"\xF4\x90\x80\x80\"}"sv, R"({"a":"\ud800"})"sv,
        R"({"a":"\udc00"})"sv, R"({"a":"\ud800\u0041"})"sv}) {
    EXPECT_FALSE(parse_strict_object(text)) << text;
  }
  EXPECT_TRUE(parse_strict_object(R"({"a":"\ud83d\ude00"})"));
}

TEST(StrictJsonTest, RefusesNamesThatAreThereTwice) {
  for (const std::string_view text :
       {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"a":1,"\u0061":2})",
        R"({"x":{"a":1,"a":2}})", R"({"x":[[{"a":1,"a":2}]]})", R"({"":1,"":2})",
        R"({"x":{"a":1,"a":2},"x":3})", R"({"x":{"a":1},"x":{"b":1}})", R"({"a:":1,"a:":2})",
        R"({"a\"":1,"a\"":2})", R"({"a\\":1,"a\\":2})"}) {
    EXPECT_FALSE(parse_strict_object(text)) << text;
  }
}

TEST(StrictJsonTest, NestsSoDeepAndNoDeeper) {
  EXPECT_TRUE(parse_strict_object(nested(kMaxJsonDepth, "[", "]")));
  EXPECT_TRUE(parse_strict_object(nested(kMaxJsonDepth, R"({"a":)", "}")));
  EXPECT_FALSE(parse_strict_object(nested(kMaxJsonDepth + 1, "[", "]")));
  EXPECT_FALSE(parse_strict_object(nested(kMaxJsonDepth + 1, R"({"a":)", "}")));
  EXPECT_FALSE(parse_strict_object(nested(100'000, "[", "]")));
  EXPECT_FALSE(parse_strict_object(nested(100'000, R"({"a":)", "}")));
}

}  // namespace
}  // namespace yatagarasu::core
