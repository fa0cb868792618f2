#include "proxy/origin_request.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace yatagarasu::proxy {
namespace {

using Sent = std::map<std::string, std::string>;

class OriginRequestTest : public ::testing::Test {
 protected:
  OriginRequestTest() { client_.method = http::Method::kGet; }

  static Sent sent(const OriginRequest& request) {
    Sent all;
    for (const http::Field& field : request.headers()) {
      all[std::string(field.name)] = std::string(field.value);
    }
    return all;
  }
  OriginRequest make() { return {client_, bucket_}; }

  http::RequestHead client_;
  BucketOptions bucket_;
};

TEST_F(OriginRequestTest, APlainGetAsksForTheChecksumAndNothingElse) {
  client_.fields.add("Authorization", "Bearer x");
  client_.fields.add("Cookie", "a=b");
  client_.fields.add("x-amz-meta-a", "1");
  client_.fields.add("User-Agent", "curl");

  EXPECT_EQ(sent(make()), (Sent{{"x-amz-checksum-mode", "ENABLED"}}));
}

TEST_F(OriginRequestTest, AHeadAsksForNoChecksumAndNoRange) {
  client_.method = http::Method::kHead;
  client_.fields.add("Range", "bytes=0-9");

  EXPECT_EQ(sent(make()), Sent{});
}

TEST_F(OriginRequestTest, ConditionsGoOn) {
  client_.fields.add("If-Match", "\"a\"");
  client_.fields.add("If-None-Match", "\"b\", W/\"c\"");

  const Sent headers = sent(make());

  EXPECT_EQ(headers.at("if-match"), "\"a\"");
  EXPECT_EQ(headers.at("if-none-match"), "\"b\", W/\"c\"");
}

TEST_F(OriginRequestTest, ConditionsGoOnWithADateOnlyWhereTheValueIsOne) {
  client_.fields.add("If-Modified-Since", "Wed, 21 Oct 2015 07:28:00 GMT");
  client_.fields.add("If-Unmodified-Since", "yesterday");

  const Sent headers = sent(make());

  EXPECT_EQ(headers.at("if-modified-since"), "Wed, 21 Oct 2015 07:28:00 GMT");
  EXPECT_FALSE(headers.contains("if-unmodified-since"));
}

TEST_F(OriginRequestTest, EntityTagsMakeTheDatesMeaningless) {
  client_.fields.add("If-Match", "\"a\"");
  client_.fields.add("If-None-Match", "\"b\"");
  client_.fields.add("If-Modified-Since", "Wed, 21 Oct 2015 07:28:00 GMT");
  client_.fields.add("If-Unmodified-Since", "Wed, 21 Oct 2015 07:28:00 GMT");

  const Sent headers = sent(make());

  EXPECT_FALSE(headers.contains("if-modified-since"));
  EXPECT_FALSE(headers.contains("if-unmodified-since"));
}

TEST_F(OriginRequestTest, ARangeIsSentInOneSpelling) {
  client_.fields.add("Range", "bytes=0-4, 5-9");

  const OriginRequest request = make();

  EXPECT_TRUE(request.is_ranged());
  EXPECT_EQ(sent(request), (Sent{{"range", "bytes=0-9"}}));
}

TEST_F(OriginRequestTest, AMalformedOrScatteredRangeIsNotSent) {
  for (const char* range : {"bytes=9-1", "lines=0-9", "bytes=0-4, 10-14"}) {
    client_.fields.clear();
    client_.fields.add("Range", range);

    EXPECT_FALSE(make().is_ranged()) << range;
  }
}

struct IfRangeCase {
  const char* value;
  const char* sent_as;  // Null: the whole object is asked for.
};

class IfRangeTest : public OriginRequestTest, public ::testing::WithParamInterface<IfRangeCase> {};

TEST_P(IfRangeTest, IsSaidWithTheConditionThatStoresKnow) {
  client_.fields.add("Range", "bytes=0-9");
  client_.fields.add("If-Range", GetParam().value);

  const OriginRequest request = make();

  EXPECT_EQ(request.is_if_range(), GetParam().sent_as != nullptr);
  EXPECT_EQ(request.is_ranged(), GetParam().sent_as != nullptr);
  if (GetParam().sent_as != nullptr) {
    EXPECT_EQ(sent(request).at(GetParam().sent_as), GetParam().value);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, IfRangeTest,
    ::testing::Values(IfRangeCase{"\"abc\"", "if-match"},
                      IfRangeCase{"Wed, 21 Oct 2015 07:28:00 GMT", "if-unmodified-since"},
                      IfRangeCase{"W/\"abc\"", nullptr}, IfRangeCase{"abc", nullptr}));

TEST_F(OriginRequestTest, AfterAFailedIfRangeTheWholeIsAskedFor) {
  client_.fields.add("Range", "bytes=0-9");
  client_.fields.add("If-Range", "\"abc\"");
  OriginRequest request = make();

  request.ask_for_whole();

  EXPECT_FALSE(request.is_ranged());
  EXPECT_EQ(sent(request), (Sent{{"x-amz-checksum-mode", "ENABLED"}}));
}

TEST_F(OriginRequestTest, OnlyAllowedQueryParametersGoOnSortedAndEncoded) {
  bucket_.allowed_query = {"versionId", "part"};
  client_.query = "token=secret&versionId=a+b&part=%41";

  EXPECT_EQ(make().query(), "part=A&versionId=a%2Bb");
}

TEST_F(OriginRequestTest, AMalformedEscapeInAnAllowedParameterIsSaid) {
  bucket_.allowed_query = {"versionId"};
  client_.query = "versionId=%zz";

  EXPECT_TRUE(make().is_malformed());
}

TEST_F(OriginRequestTest, FurtherHeadersThatTheBucketNamesGoOn) {
  bucket_.forward_request_headers = {"X-Test-Id"};
  client_.fields.add("x-test-id", "7");
  client_.fields.add("x-test-id", "8");
  client_.fields.add("x-other", "9");

  const Sent headers = sent(make());

  EXPECT_EQ(headers.at("x-test-id"), "7, 8");
  EXPECT_FALSE(headers.contains("x-other"));
}

}  // namespace
}  // namespace yatagarasu::proxy
