#include "auth/jwt/strict_json.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {
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
}  // namespace yatagarasu::auth::jwt
