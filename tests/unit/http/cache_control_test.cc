#include "http/cache_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::http {
namespace {

using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;

CacheControl parse(const std::vector<std::string_view>& values) {
  Fields fields;
  for (const std::string_view value : values) fields.add("cache-CONTROL", value);
  return parse_cache_control(fields);
}

TEST(CacheControlTest, Rfc9111Section122DeltaSecondsAreDigitsAndCapped) {
  EXPECT_EQ(parse_delta_seconds("0"), 0s);
  EXPECT_EQ(parse_delta_seconds("003600"), 3600s);
  EXPECT_EQ(parse_delta_seconds("2147483647"), 2147483647s);
  EXPECT_EQ(parse_delta_seconds("2147483648"), kMaxDelta);
  EXPECT_EQ(parse_delta_seconds("2147483649"), kMaxDelta);
  EXPECT_EQ(parse_delta_seconds(std::string(5000, '9')), kMaxDelta);
  for (const std::string_view text : {"", "-1", "+1", " 1", "1.0", "1a", "a1", "'1'", "0x1"}) {
    EXPECT_EQ(parse_delta_seconds(text), std::nullopt) << text;
  }
}

TEST(CacheControlTest, WithoutTheFieldNothingIsSaid) {
  const CacheControl control = parse({});
  EXPECT_FALSE(control.no_store || control.no_cache || control.is_private || control.is_public);
  EXPECT_EQ(control.max_age, std::nullopt);
  EXPECT_THAT(control.no_cache_fields, IsEmpty());
}

TEST(CacheControlTest, Rfc9111Section52DirectivesAreFoundInAnyCaseAndPlace) {
  for (const std::vector<std::string_view>& values :
       std::vector<std::vector<std::string_view>>{{"max-age=60, no-store"},
                                                  {"MAX-AGE=60,No-Store"},
                                                  {" , ,no-store ,, max-age=60,"},
                                                  {"foobar, no-store, x=y; z, max-age=60"},
                                                  {"no-store", "max-age=60"},
                                                  {"", "max-age=60\t,\tno-store"},
                                                  {"max-age=\"60\", no-store"}}) {
    const CacheControl control = parse(values);
    EXPECT_TRUE(control.no_store) << values[0];
    EXPECT_EQ(control.max_age, 60s) << values[0];
  }
}

TEST(CacheControlTest, EveryDirectiveIsRead) {
  const CacheControl control = parse(
      {"no-store, no-cache, private, public, must-revalidate, proxy-revalidate, must-understand, "
       "only-if-cached, max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=4"});
  EXPECT_TRUE(control.no_store && control.no_cache && control.is_private && control.is_public);
  EXPECT_TRUE(control.must_revalidate && control.proxy_revalidate);
  EXPECT_TRUE(control.must_understand && control.only_if_cached);
  EXPECT_EQ(control.max_age, 1s);
  EXPECT_EQ(control.s_maxage, 2s);
  EXPECT_EQ(control.stale_while_revalidate, 3s);
  EXPECT_EQ(control.stale_if_error, 4s);
}

TEST(CacheControlTest, WhatIsQuotedIsNoDirective) {
  EXPECT_EQ(parse({"extension=\"max-age=3600\", max-age=1"}).max_age, 1s);
  EXPECT_EQ(parse({"max-age=1, extension=\"max-age=3600\""}).max_age, 1s);
  EXPECT_EQ(parse({R"(x="a\", max-age=5, b", max-age=7)"}).max_age, 7s);
  EXPECT_FALSE(parse({"x=\"no-store\""}).no_store);
  EXPECT_FALSE(parse({"x y=\", no-store\""}).no_store);
}

TEST(CacheControlTest, Rfc9111Section421OfSeveralValuesTheFirstCounts) {
  EXPECT_EQ(parse({"max-age=1800, max-age=1"}).max_age, 1800s);
  EXPECT_EQ(parse({"max-age=1", "max-age=1800"}).max_age, 1s);
  EXPECT_EQ(parse({"max-age=x, max-age=1800"}).max_age, 0s);
}

TEST(CacheControlTest, Rfc9111Section421InvalidFreshnessIsNone) {
  for (const std::string_view value :
       {"max-age", "max-age=", "max-age=-3600", "max-age=3600.0", "max-age='3600'", "max-age=a3600",
        "max-age=3600a", "max-age =3600", "max-age= 3600", "max-age=3600 s", "max-age=\"36 00\"",
        "max-age=\"\"", "max-age=3600\"x\""}) {
    EXPECT_EQ(parse({value}).max_age, 0s) << value;
  }
  EXPECT_EQ(parse({"stale-if-error=x"}).stale_if_error, 0s);
}

TEST(CacheControlTest, ArgumentsOfFlagsChangeNothing) {
  EXPECT_TRUE(parse({"no-store=1"}).no_store);
  EXPECT_TRUE(parse({"no-store foo"}).no_store);
  EXPECT_TRUE(parse({"must-revalidate=\"x\""}).must_revalidate);
  EXPECT_FALSE(parse({"no-stores, xno-store, no-stor"}).no_store);
}

TEST(CacheControlTest, Rfc9111Section5224NamedFieldsAreNotTheWholeResponse) {
  const CacheControl control = parse({"no-cache=\"a, B\", private=c", "no-cache=\"d\""});
  EXPECT_FALSE(control.no_cache || control.is_private);
  EXPECT_THAT(control.no_cache_fields, ElementsAre("a", "B", "d"));
  EXPECT_THAT(control.private_fields, ElementsAre("c"));
}

TEST(CacheControlTest, NamesThatAreNoneMeanTheWholeResponse) {
  for (const std::string_view value :
       {"no-cache", "no-cache=", "no-cache=\"\"", "no-cache=\" , \"", "no-cache=\"a b\"",
        "no-cache=\"a, b:\"", R"(no-cache="a\b")", "no-cache=\"a\" x", "no-cache =\"a\"",
        "no-cache=\"a\", no-cache"}) {
    EXPECT_TRUE(parse({value}).no_cache) << value;
  }
  EXPECT_TRUE(parse({"private=\"\""}).is_private);
}

TEST(CacheControlTest, AQuoteThatNeverEndsForbidsStoring) {
  EXPECT_TRUE(parse({"x=\"a, no-cache, max-age=5"}).no_store);
  EXPECT_TRUE(parse({"max-age=5, x y\"z"}).no_store);
  EXPECT_TRUE(parse({R"(x="a\")"}).no_store);
  EXPECT_EQ(parse({"x=\"a", "max-age=5"}).max_age, 5s);
}

}  // namespace
}  // namespace yatagarasu::http
