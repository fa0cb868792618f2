#include "s3/request_builder.h"

#include "core/secret.h"
#include "http/fields.h"
#include "s3/addressing.h"
#include "s3/options.h"
#include "s3/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::s3 {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days(2026y / 1 / 2) + 3h + 4min + 5s;
constexpr std::string_view kEndpoint = "http://127.0.0.1:9000";

Options public_bucket(std::string_view endpoint = kEndpoint) {
  Options options;
  options.bucket = "bucket";
  options.region = "us-east-1";
  options.endpoint = endpoint;
  return options;
}

Options signed_bucket(std::string_view endpoint = kEndpoint) {
  Options options = public_bucket(endpoint);
  options.access_key = core::Secret("AKIAIOSFODNN7EXAMPLE");
  options.secret_key = core::Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  return options;
}

Options temporary_credentials() {
  Options options = signed_bucket();
  options.session_token = core::Secret("token==");
  return options;
}

RequestBuilder builder_of(const Options& options) {
  return {options, resolve_address(options).value()};
}

ObjectRequest object(std::string_view key) {
  ObjectRequest request;
  request.key = key;
  return request;
}

std::string head_of(const Options& options, const ObjectRequest& request) {
  return builder_of(options).build(request, kNow);
}

std::string request_line_of(const Options& options, const ObjectRequest& request) {
  const std::string head = head_of(options, request);
  return head.substr(0, head.find("\r\n"));
}

TEST(RequestBuilderTest, AnUnsignedHeadHasItsHostAndNoMore) {
  EXPECT_EQ(head_of(public_bucket(), object("a b.txt")),
            "GET /bucket/a%20b.txt HTTP/1.1\r\n"
            "Host: 127.0.0.1:9000\r\n"
            "\r\n");
}

// The signature is botocore's for the same request (tests/vectors/sigv4, key-plus-pathstyle).
TEST(RequestBuilderTest, ASignedHeadEndsWithItsSignature) {
  EXPECT_EQ(head_of(signed_bucket(), object("a+b.txt")),
            "GET /bucket/a%2Bb.txt HTTP/1.1\r\n"
            "Host: 127.0.0.1:9000\r\n"
            "x-amz-content-sha256: "
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
            "x-amz-date: 20260102T030405Z\r\n"
            "Authorization: AWS4-HMAC-SHA256 "
            "Credential=AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            "Signature=09fa60c78cef6f3704a433df9deb84086a9b9fc1a3f6b6bb8c1c497b6eaae842\r\n"
            "\r\n");
}

struct LineCase {
  Operation operation;
  std::string_view endpoint;
  Addressing addressing;
  std::string_view query;
  std::string_view line;
};

TEST(RequestBuilderTest, EveryOperationAndStyleHasItsRequestLine) {
  using enum Operation;
  using enum Addressing;
  constexpr std::string_view kListing = "list-type=2&max-keys=0";
  constexpr std::string_view kOwn = "http://minio:9000";
  constexpr LineCase kCases[] = {
      {kGetObject, kOwn, kPath, "", "GET /bucket/dir/x HTTP/1.1"},
      {kGetObject, kOwn, kVirtual, "", "GET /dir/x HTTP/1.1"},
      {kGetObject, kOwn, kPath, "versionId=7", "GET /bucket/dir/x?versionId=7 HTTP/1.1"},
      {kGetObject, "", kAuto, "versionId=7", "GET /dir/x?versionId=7 HTTP/1.1"},
      {kHeadObject, kOwn, kPath, "", "HEAD /bucket/dir/x HTTP/1.1"},
      {kHeadObject, "", kAuto, "", "HEAD /dir/x HTTP/1.1"},
      {kHeadBucket, kOwn, kPath, "", "HEAD /bucket HTTP/1.1"},
      {kHeadBucket, kOwn, kVirtual, "", "HEAD / HTTP/1.1"},
      {kListBucket, kOwn, kPath, kListing, "GET /bucket?list-type=2&max-keys=0 HTTP/1.1"},
      {kListBucket, "", kAuto, kListing, "GET /?list-type=2&max-keys=0 HTTP/1.1"},
  };
  for (const LineCase& each : kCases) {
    Options options = public_bucket(each.endpoint);
    options.addressing = each.addressing;
    ObjectRequest request = object("dir/x");
    request.operation = each.operation;
    request.query = each.query;

    EXPECT_EQ(request_line_of(options, request), each.line);
  }
}

TEST(RequestBuilderTest, VirtualStyleNamesTheBucketInTheHost) {
  EXPECT_THAT(head_of(public_bucket(""), object("x")),
              HasSubstr("\r\nHost: bucket.s3.us-east-1.amazonaws.com\r\n"));
}

struct KeyCase {
  std::string_view prefix;
  std::string_view key;
  std::string_view target;
};

TEST(RequestBuilderTest, TheKeyIsEncodedOnceBehindItsPrefix) {
  constexpr KeyCase kCases[] = {
      {"", "", "/bucket/"},
      {"", "a//b/../c/.", "/bucket/a//b/../c/."},
      {"", "/leading", "/bucket//leading"},
      {"", "100%.txt", "/bucket/100%25.txt"},
      {"", "a%2Fb", "/bucket/a%252Fb"},
      {"", "what?x=1&y#z", "/bucket/what%3Fx%3D1%26y%23z"},
      {"", "a\r\nb", "/bucket/a%0D%0Ab"},
      {"", "caf\xC3\xA9", "/bucket/caf%C3%A9"},
      {"www/", "index.html", "/bucket/www/index.html"},
      {"2026 ", "x", "/bucket/2026%20x"},
      {"www", "", "/bucket/www"},
  };
  for (const KeyCase& each : kCases) {
    Options options = public_bucket();
    options.key_prefix = each.prefix;

    EXPECT_EQ(request_line_of(options, object(each.key)),
              "GET " + std::string(each.target) + " HTTP/1.1");
  }
}

TEST(RequestBuilderTest, AProbeOfTheBucketHasNoPrefix) {
  Options options = public_bucket();
  options.key_prefix = "www/";
  ObjectRequest request;
  request.operation = Operation::kHeadBucket;

  EXPECT_EQ(request_line_of(options, request), "HEAD /bucket HTTP/1.1");
}

TEST(RequestBuilderTest, FurtherHeadersAreSentAsGivenAndSigned) {
  const std::vector<http::Field> headers = {{.name = "range", .value = "bytes=0-9"},
                                            {.name = "if-match", .value = "\"e\""}};
  ObjectRequest request = object("x");
  request.headers = headers;

  const std::string head = head_of(signed_bucket(), request);

  EXPECT_THAT(head, HasSubstr("\r\nHost: 127.0.0.1:9000\r\n"
                              "range: bytes=0-9\r\n"
                              "if-match: \"e\"\r\n"
                              "x-amz-content-sha256: "));
  EXPECT_THAT(head, HasSubstr(" SignedHeaders=host;if-match;range;"
                              "x-amz-content-sha256;x-amz-date, "));
}

TEST(RequestBuilderTest, FurtherHeadersOfAPublicBucketAreSentToo) {
  const std::vector<http::Field> headers = {{.name = "range", .value = "bytes=0-9"}};
  ObjectRequest request = object("x");
  request.headers = headers;

  EXPECT_THAT(head_of(public_bucket(), request),
              EndsWith("\r\nHost: 127.0.0.1:9000\r\nrange: bytes=0-9\r\n\r\n"));
}

TEST(RequestBuilderTest, ASessionTokenIsSentAndSigned) {
  const std::string head = head_of(temporary_credentials(), object("x"));

  EXPECT_THAT(head, HasSubstr("\r\nx-amz-security-token: token==\r\n"));
  EXPECT_THAT(head, HasSubstr("x-amz-date;x-amz-security-token, Signature="));
}

TEST(RequestBuilderTest, TheSecretKeyStaysHere) {
  RequestBuilder builder = builder_of(signed_bucket());

  const Explanation explanation = builder.explain(object("x"), kNow);

  EXPECT_THAT(builder.build(object("x"), kNow), Not(HasSubstr("wJalr")));
  EXPECT_THAT(explanation.url + explanation.signature->canonical_request +
                  explanation.signature->string_to_sign + explanation.signature->header_lines,
              Not(HasSubstr("wJalr")));
}

TEST(RequestBuilderTest, ExplainsWhatItSends) {
  const std::vector<http::Field> headers = {{.name = "range", .value = "bytes=0-9"}};
  Options options = temporary_credentials();
  options.key_prefix = "2026 ";
  ObjectRequest request = object("a b");
  request.query = "versionId=7";
  request.headers = headers;
  RequestBuilder builder = builder_of(options);

  const Explanation explanation = builder.explain(request, kNow);
  const std::string head = builder.build(request, kNow);

  EXPECT_EQ(explanation.url, "http://127.0.0.1:9000/bucket/2026%20a%20b?versionId=7");
  EXPECT_EQ(explanation.key, "2026 a b");
  ASSERT_TRUE(explanation.signature.has_value());
  EXPECT_EQ(head,
            "GET /bucket/2026%20a%20b?versionId=7 HTTP/1.1\r\n"
            "Host: 127.0.0.1:9000\r\n"
            "range: bytes=0-9\r\n" +
                explanation.signature->header_lines + "\r\n");
  EXPECT_THAT(explanation.signature->canonical_request,
              StartsWith("GET\n/bucket/2026%20a%20b\nversionId=7\nhost:127.0.0.1:9000\n"
                         "range:bytes=0-9\n"));
}

TEST(RequestBuilderTest, AnExplanationOfAPublicBucketHasNoSignature) {
  RequestBuilder builder = builder_of(public_bucket("https://s3.example.com"));

  const Explanation explanation = builder.explain(object("x"), kNow);

  EXPECT_EQ(explanation.url, "https://s3.example.com/bucket/x");
  EXPECT_FALSE(explanation.signature.has_value());
}

// What is kept from one request to the next must not show in either.
TEST(RequestBuilderTest, TwoBuildsDoNotDisturbEachOther) {
  const std::vector<http::Field> headers = {{.name = "range", .value = "bytes=0-9"}};
  ObjectRequest first = object("a/rather/long/key/with/many/parts");
  first.query = "versionId=7";
  first.headers = headers;
  ObjectRequest second;
  second.operation = Operation::kHeadBucket;
  RequestBuilder builder = builder_of(signed_bucket());

  const std::string first_head = builder.build(first, kNow);
  const std::string second_head = builder.build(second, kNow);
  const std::string first_again = builder.build(first, kNow);

  EXPECT_EQ(first_head, head_of(signed_bucket(), first));
  EXPECT_EQ(second_head, head_of(signed_bucket(), second));
  EXPECT_EQ(first_again, first_head);
}

TEST(RequestBuilderTest, ALaterSecondIsSignedAnew) {
  RequestBuilder builder = builder_of(signed_bucket());
  const std::string before = builder.build(object("x"), kNow);

  const std::string after = builder.build(object("x"), kNow + 1s);

  EXPECT_THAT(after, HasSubstr("\r\nx-amz-date: 20260102T030406Z\r\n"));
  EXPECT_NE(after.substr(after.find("Signature=")), before.substr(before.find("Signature=")));
}

}  // namespace
}  // namespace yatagarasu::s3
