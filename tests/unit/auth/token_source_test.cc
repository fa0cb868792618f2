#include "auth/jwt/token_source.h"

#include "auth/jwt/options.h"
#include "http/fields.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

using Type = TokenSource::Type;
using Sources = std::vector<TokenSource>;

http::Fields fields_of(std::initializer_list<http::Field> list) {
  http::Fields fields;
  for (const http::Field& field : list) fields.add(field.name, field.value);
  return fields;
}

std::optional<std::string> find(const Sources& sources, const http::Fields& fields,
                                std::string_view query = "") {
  std::string scratch;
  const auto token = find_token(sources, fields, query, scratch);
  if (!token) return std::nullopt;
  return std::string(*token);
}

TokenSource header(std::string name, std::string prefix = "") {
  return {.type = Type::kHeader, .name = std::move(name), .prefix = std::move(prefix)};
}
TokenSource query(std::string name) {
  return {.type = Type::kQuery, .name = std::move(name), .prefix = {}};
}
TokenSource cookie(std::string name) {
  return {.type = Type::kCookie, .name = std::move(name), .prefix = {}};
}

struct Case {
  std::string_view text;
  std::optional<std::string> token;
};

TEST(TokenSourceTest, ByDefaultABearerTokenOfAuthorization) {
  const Sources sources = Options().token_sources;

  EXPECT_EQ(find(sources, fields_of({{"authorization", "Bearer abc"}})), "abc");
  EXPECT_EQ(find(sources, fields_of({{"X-Auth-Token", "abc"}, {"Cookie", "token=abc"}}), "token=a"),
            std::nullopt);
  EXPECT_EQ(find(sources, {}), std::nullopt);
}

TEST(TokenSourceTest, AHeadersPrefixIsThereInAnyCase) {
  const Sources sources = {header("Authorization", "Bearer ")};
  for (const Case& c :
       {Case{"Bearer a.b.c", "a.b.c"}, Case{"bearer a.b.c", "a.b.c"}, Case{"BEARER aBc", "aBc"},
        Case{"Bearer   abc", "abc"}, Case{"Bearer \tabc", "abc"}, Case{"Bearer a b", "a b"},
        Case{"Bearer Bearer abc", "Bearer abc"}, Case{"Bearerabc", {}}, Case{"Bearer\tabc", {}},
        Case{"Bearer", {}}, Case{"Bearer ", {}}, Case{"Bearer  \t", {}}, Case{"", {}},
        Case{"abc", {}}, Case{"Basic YTpi", {}}, Case{"XBearer abc", {}}, Case{"Bear abc", {}}}) {
    EXPECT_EQ(find(sources, fields_of({{"Authorization", c.text}})), c.token) << c.text;
  }
}

TEST(TokenSourceTest, AHeaderWithoutPrefixIsTheToken) {
  const Sources sources = {header("X-Auth-Token")};

  EXPECT_EQ(find(sources, fields_of({{"x-auth-TOKEN", "abc"}})), "abc");
  EXPECT_EQ(find(sources, fields_of({{"X-Auth-Token", "Bearer abc"}})), "Bearer abc");
  EXPECT_EQ(find(sources, fields_of({{"X-Auth-Token", ""}})), std::nullopt);
  EXPECT_EQ(find(sources, fields_of({{"X-Auth-Token2", "abc"}})), std::nullopt);
}

TEST(TokenSourceTest, OfSeveralFieldsTheFirstWithATokenCounts) {
  const Sources sources = {header("Authorization", "Bearer ")};

  EXPECT_EQ(find(sources, fields_of({{"Authorization", "Basic YTpi"},
                                     {"Authorization", "Bearer "},
                                     {"Authorization", "Bearer one"},
                                     {"Authorization", "Bearer two"}})),
            "one");
}

TEST(TokenSourceTest, AQueryParameterIsDecodedOnce) {
  const Sources sources = {query("token")};
  for (const Case& c : {Case{"token=abc", "abc"},
                        Case{"a=1&token=abc&b=2", "abc"},
                        Case{"token=a%2Eb%2ec", "a.b.c"},
                        Case{"token=a%252Eb", "a%2Eb"},
                        Case{"%74oken=abc", "abc"},
                        Case{"token=a+b", "a+b"},
                        Case{"token=a=b==", "a=b=="},
                        Case{"token=one&token=two", "one"},
                        Case{"token=&token=two", "two"},
                        Case{"&&token=abc&&", "abc"},
                        Case{"token=a%26b", "a&b"},
                        Case{"token=%zz&token=two", "two"},
                        Case{"", {}},
                        Case{"token", {}},
                        Case{"token=", {}},
                        Case{"token=%", {}},
                        Case{"token=%4", {}},
                        Case{"tok%en=abc", {}},
                        Case{"Token=abc", {}},
                        Case{"xtoken=abc", {}},
                        Case{"token2=abc", {}},
                        Case{"a=token=abc", {}},
                        Case{"a;token=abc", {}}}) {
    EXPECT_EQ(find(sources, {}, c.text), c.token) << c.text;
  }
}

TEST(TokenSourceTest, ACookieIsFoundByItsName) {
  const Sources sources = {cookie("session")};
  for (const Case& c : {Case{"session=abc", "abc"},
                        Case{"a=1; session=abc; b=2", "abc"},
                        Case{"a=1;session=abc;b=2", "abc"},
                        Case{"  session=abc  ;", "abc"},
                        Case{"session=\"abc\"", "abc"},
                        Case{"session=a=b==", "a=b=="},
                        Case{"session=one; session=two", "one"},
                        Case{"session=; session=two", "two"},
                        Case{"session=\"\"; session=two", "two"},
                        Case{"session=a%2Eb", "a%2Eb"},
                        Case{"session=\"", "\""},
                        Case{"session=\"abc", "\"abc"},
                        Case{"", {}},
                        Case{"session", {}},
                        Case{"session=", {}},
                        Case{"session=\"\"", {}},
                        Case{"Session=abc", {}},
                        Case{"xsession=abc", {}},
                        Case{"session2=abc", {}},
                        Case{"a=session=abc", {}},
                        Case{";;;=;", {}}}) {
    EXPECT_EQ(find(sources, fields_of({{"cookie", c.text}})), c.token) << c.text;
  }
}

TEST(TokenSourceTest, SeveralCookieFieldsAreAsOne) {
  EXPECT_EQ(find({cookie("session")}, fields_of({{"Cookie", "a=1"}, {"Cookie", "session=abc"}})),
            "abc");
}

TEST(TokenSourceTest, TheFirstSourceThatHasATokenDecides) {
  const http::Fields both =
      fields_of({{"Cookie", "session=of-cookie"}, {"Authorization", "Bearer of-header"}});
  const TokenSource bearer = header("Authorization", "Bearer ");

  EXPECT_EQ(find({bearer, query("t"), cookie("session")}, both, "t=of-query"), "of-header");
  EXPECT_EQ(find({query("t"), bearer, cookie("session")}, both, "t=of-query"), "of-query");
  EXPECT_EQ(find({cookie("session"), query("t"), bearer}, both, "t=of-query"), "of-cookie");
  EXPECT_EQ(find({query("t"), cookie("session"), bearer}, both, "t="), "of-cookie");
  EXPECT_EQ(find({header("Authorization", "Token "), cookie("none"), query("t")}, both, "t=of%2Dq"),
            "of-q");
  EXPECT_EQ(find({}, both, "t=of-query"), std::nullopt);
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
