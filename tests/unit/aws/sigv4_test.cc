#include "aws/sigv4.h"

#include "aws/credentials.h"
#include "core/secret.h"
#include "http/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::aws {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days(2026y / 1 / 2) + 3h + 4min + 5s;

Credentials long_lived() {
  return {.access_key = "AKIAIOSFODNN7EXAMPLE",
          .secret_key = core::Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
          .session_token = core::Secret()};
}

Credentials temporary() {
  Credentials credentials = long_lived();
  credentials.session_token = core::Secret("token==");
  return credentials;
}

SigningRequest object() {
  return {.method = "GET", .host = "127.0.0.1:9000", .path = "/b/x", .query = "", .headers = {}};
}

std::string signed_lines(Signer& signer, const SigningRequest& request,
                         std::chrono::sys_seconds now = kNow) {
  std::string out;
  signer.sign(request, now, out);
  return out;
}

TEST(SignerTest, AppendsItsFieldsToTheHead) {
  Signer signer(long_lived(), "us-east-1");
  std::string head = "GET /b/x HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n";
  const std::string before = head;

  signer.sign(object(), kNow, head);

  EXPECT_THAT(
      head,
      StartsWith(before + "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b93"
                          "4ca495991b7852b855\r\n"
                          "x-amz-date: 20260102T030405Z\r\n"
                          "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/"
                          "20260102/us-east-1/s3/aws4_request, "
                          "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="));
  EXPECT_THAT(head, EndsWith("\r\n"));
}

TEST(SignerTest, ASessionTokenIsSentAndSigned) {
  Signer signer(temporary(), "us-east-1");

  const SigningTrace trace = signer.explain(object(), kNow);

  EXPECT_THAT(trace.header_lines, HasSubstr("\r\nx-amz-security-token: token==\r\n"));
  EXPECT_THAT(trace.canonical_request, HasSubstr("\nx-amz-security-token:token==\n"));
  EXPECT_THAT(trace.header_lines, HasSubstr("x-amz-date;x-amz-security-token, Signature="));
}

TEST(SignerTest, FurtherFieldsAreSignedInOrderOfTheirNames) {
  const std::vector<http::Field> headers = {{"x-amz-request-payer", "requester"},
                                            {"range", "bytes=0-9"},
                                            {"accept", "b"},
                                            {"accept", "a"}};
  SigningRequest request = object();
  request.headers = headers;
  Signer signer(long_lived(), "us-east-1");

  const SigningTrace trace = signer.explain(request, kNow);

  EXPECT_THAT(trace.canonical_request, HasSubstr("\naccept:b,a\nhost:"));
  EXPECT_THAT(trace.header_lines,
              HasSubstr("SignedHeaders=accept;host;range;x-amz-content-sha256;x-amz-date;"
                        "x-amz-request-payer, "));
  // The caller sends them, so they are not written here.
  EXPECT_THAT(trace.header_lines, Not(HasSubstr("bytes=0-9")));
}

TEST(SignerTest, ExplainsWhatItSends) {
  Signer signer(long_lived(), "us-east-1");

  const SigningTrace trace = signer.explain(object(), kNow);

  EXPECT_EQ(trace.header_lines, signed_lines(signer, object()));
  EXPECT_THAT(trace.header_lines, EndsWith("Signature=" + trace.signature + "\r\n"));
  EXPECT_EQ(trace.signature.size(), 64U);
  EXPECT_THAT(
      trace.string_to_sign,
      StartsWith("AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/us-east-1/s3/aws4_request\n"));
}

TEST(SignerTest, NeverShowsTheSecretKey) {
  Signer signer(long_lived(), "us-east-1");

  const SigningTrace trace = signer.explain(object(), kNow);

  EXPECT_THAT(trace.header_lines + trace.canonical_request + trace.string_to_sign,
              Not(HasSubstr("wJalr")));
}

// What is kept for a second and a day must not show: a signer that has lived signs like a new one.
TEST(SignerTest, SignsTheSameWhateverItSignedBefore) {
  const std::chrono::sys_seconds times[] = {kNow, kNow,      kNow + 1s, kNow + 24h,      kNow + 21h,
                                            kNow, kNow - 4h, kNow - 4h, kNow + 366 * 24h};
  Signer lived(temporary(), "eu-west-1");
  for (const auto now : times) {
    Signer fresh(temporary(), "eu-west-1");
    EXPECT_EQ(signed_lines(lived, object(), now), signed_lines(fresh, object(), now));
  }
}

TEST(SignerTest, TheFirstSecondOfTheEpochIsSignedToo) {
  Signer signer(long_lived(), "us-east-1");

  EXPECT_THAT(signed_lines(signer, object(), std::chrono::sys_seconds{}),
              HasSubstr("x-amz-date: 19700101T000000Z\r\n"));
}

TEST(SignerTest, EveryPartOfTheRequestCounts) {
  Signer signer(long_lived(), "us-east-1");
  const std::string base = signer.explain(object(), kNow).signature;
  const std::vector<http::Field> headers = {{"range", "bytes=0-9"}};
  std::vector<SigningRequest> others(6, object());
  others[0].method = "HEAD";
  others[1].host = "127.0.0.1";
  others[2].path = "/b/X";
  others[3].query = "versionId=1";
  others[4].headers = headers;
  others[5].payload_sha256 = "UNSIGNED-PAYLOAD";

  for (const SigningRequest& other : others) {
    EXPECT_NE(signer.explain(other, kNow).signature, base);
  }
}

}  // namespace
}  // namespace yatagarasu::aws
