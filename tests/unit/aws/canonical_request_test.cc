#include "aws/canonical_request.h"

#include "core/result.h"
#include "http/fields.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::aws {
namespace {

std::string canonical(const CanonicalRequest& request) {
  std::string out;
  append_canonical_request(out, request);
  return out;
}

std::string header_lines(const std::vector<http::Field>& headers) {
  const std::string whole =
      canonical({.method = "", .path = "", .query = "", .headers = headers, .payload_sha256 = ""});
  return whole.substr(3, whole.find("\n\n", 3) - 2);
}

TEST(CanonicalRequestTest, HasEveryPartOnItsLine) {
  const std::vector<http::Field> headers = {{"host", "h:9000"}, {"range", "bytes=0-9"}};

  EXPECT_EQ(canonical({.method = "GET",
                       .path = "/b/k",
                       .query = "a=1",
                       .headers = headers,
                       .payload_sha256 = "hash"}),
            "GET\n/b/k\na=1\nhost:h:9000\nrange:bytes=0-9\n\nhost;range\nhash");
}

TEST(CanonicalRequestTest, ThePathStaysAsItIs) {
  for (const std::string_view path : {"//", "/./a", "/a/../b", "/a//b/", "/%2E%25", "/~"}) {
    EXPECT_EQ(
        canonical(
            {.method = "GET", .path = path, .query = "", .headers = {}, .payload_sha256 = "hash"}),
        "GET\n" + std::string(path) + "\n\n\n\nhash");
  }
}

struct ValueCase {
  std::string_view value;
  std::string_view canonical;
};

TEST(CanonicalRequestTest, WhiteSpaceInValuesIsSqueezed) {
  constexpr ValueCase kCases[] = {
      {"plain", "plain"},
      {"", ""},
      {" ", ""},
      {" \t ", ""},
      {"  a  ", "a"},
      {"a b", "a b"},
      {"a   b  c", "a b c"},
      {"a\tb", "a b"},
      {" a \t b ", "a b"},
      {"\"a  b\"", "\"a b\""},
      {"\ta", "a"},
  };
  for (const ValueCase& value : kCases) {
    EXPECT_EQ(header_lines({{"h", value.value}}), "h:" + std::string(value.canonical) + "\n")
        << "'" << value.value << "'";
  }
}

TEST(CanonicalRequestTest, FieldsOfOneNameShareALineInTheirOrder) {
  const std::vector<http::Field> headers = {{"a", "2"}, {"a", " 1 "}, {"a", ""}, {"b", "3"}};
  std::string names;

  append_signed_names(names, headers);

  EXPECT_EQ(header_lines(headers), "a:2,1,\nb:3\n");
  EXPECT_EQ(names, "a;b");
}

struct QueryCase {
  std::string_view raw;
  std::string_view canonical;
};

TEST(CanonicalQueryTest, FollowsTheRulesOfS3) {
  constexpr QueryCase kCases[] = {
      {"", ""},
      {"acl", "acl="},
      {"acl=", "acl="},
      {"b=2&a=1", "a=1&b=2"},
      {"a=2&a=1&a", "a=&a=1&a=2"},
      // By name and then value: as whole text "a-b=" would come first.
      {"a-b=1&a=2", "a=2&a-b=1"},
      {"b=1&B=2", "B=2&b=1"},
      // Sorted in the encoded form: "%" comes before the letters.
      {"z=1&\xc3\xa9=2", "%C3%A9=2&z=1"},
      {"prefix=a/b c~", "prefix=a%2Fb%20c~"},
      // Encoded once, whatever came in; a plus is a plus.
      {"k=%2f%7E%20", "k=%2F~%20"},
      {"k=a+b", "k=a%2Bb"},
      {"k=%252F", "k=%252F"},
      {"k=a=b", "k=a%3Db"},
      {"k=%26%3D", "k=%26%3D"},
      // Nothing between two ampersands is no parameter; a value without a name is one.
      {"&a=1&&b=2&", "a=1&b=2"},
      {"=v", "=v"},
  };
  for (const QueryCase& query : kCases) {
    EXPECT_EQ(canonical_query(query.raw).value(), query.canonical) << query.raw;
  }
}

TEST(CanonicalQueryTest, ItsOwnFormStaysTheSame) {
  const std::string once = canonical_query("x=%e2%82%ac&y&a=b c").value();

  EXPECT_EQ(canonical_query(once).value(), once);
}

TEST(CanonicalQueryTest, AMalformedEscapeIsTheClientsFault) {
  for (const std::string_view raw : {"a=%", "a=%1", "a=%zz", "%x=1", "ok=1&bad=%G0"}) {
    const auto query = canonical_query(raw);
    ASSERT_FALSE(query.has_value()) << raw;
    EXPECT_EQ(query.error().code, core::ErrorCode::kInvalidRequest);
  }
}

}  // namespace
}  // namespace yatagarasu::aws
