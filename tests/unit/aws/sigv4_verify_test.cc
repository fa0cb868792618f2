#include "aws/sigv4_verify.h"

#include "aws/amz_time.h"
#include "aws/credentials.h"
#include "aws/sigv4.h"
#include "core/secret.h"
#include "http/fields.h"
#include "unit/aws/vectors.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::aws {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days(2026y / 1 / 2) + 3h;
constexpr std::string_view kSignature =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string authorization(std::string_view credential, std::string_view names,
                          std::string_view signature) {
  return "AWS4-HMAC-SHA256 Credential=" + std::string(credential) +
         ", SignedHeaders=" + std::string(names) + ", Signature=" + std::string(signature);
}

TEST(ParseAuthorizationTest, TakesTheHeaderApart) {
  const std::string text =
      authorization("AKID/20260102/us-east-1/s3/aws4_request", "host;x-amz-date", kSignature);

  const auto parsed = parse_authorization(text);

  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->access_key, "AKID");
  EXPECT_EQ(parsed->day, "20260102");
  EXPECT_EQ(parsed->region, "us-east-1");
  EXPECT_EQ(parsed->service, "s3");
  EXPECT_EQ(parsed->signed_names, (std::vector<std::string_view>{"host", "x-amz-date"}));
  EXPECT_EQ(parsed->signature, kSignature);
}

TEST(ParseAuthorizationTest, TheSpaceAfterACommaMayBeMissing) {
  std::string text = authorization("AKID/20260102/us-east-1/s3/aws4_request", "host", kSignature);
  std::string dense = text;
  dense.erase(dense.find(", S") + 1, 1);

  EXPECT_TRUE(parse_authorization(text).has_value());
  EXPECT_TRUE(parse_authorization(dense).has_value());
}

TEST(ParseAuthorizationTest, AnAccessKeyMayHoldSlashes) {
  const std::string text =
      authorization("a/b/20260102/us-east-1/s3/aws4_request", "host", kSignature);

  EXPECT_EQ(parse_authorization(text).value().access_key, "a/b");
}

TEST(ParseAuthorizationTest, WhatIsNotOfThatFormIsRefused) {
  constexpr std::string_view kCredential = "AKID/20260102/us-east-1/s3/aws4_request";
  const std::string good = authorization(kCredential, "host", kSignature);
  std::string many_names = "a";
  for (int i = 1000; i < 1064; ++i) many_names += ";b" + std::to_string(i);
  const std::string bad[] = {
      "",
      "Basic dXNlcjpwYXNz",
      "AWS4-HMAC-SHA256",
      "AWS4-HMAC-SHA256 ",
      "AWS4-HMAC-SHA256X" + good.substr(16),
      "AWS4-HMAC-SHA512" + good.substr(16),
      good + ", Signature=" + std::string(kSignature),
      good + ", SignedHeaders=host",
      good + ", Other=1",
      good + ", ",
      good.substr(0, good.find(", Signature")),
      good.substr(0, good.find("Credential")) + good.substr(good.find("SignedHeaders")),
      authorization("", "host", kSignature),
      authorization("/20260102/us-east-1/s3/aws4_request", "host", kSignature),
      authorization("AKID/us-east-1/s3/aws4_request", "host", kSignature),
      authorization("AKID/20260102/us-east-1/s3/aws5_request", "host", kSignature),
      authorization(kCredential, "", kSignature),
      authorization(kCredential, "Host", kSignature),
      authorization(kCredential, "x-amz-date;host", kSignature),
      authorization(kCredential, "host;host", kSignature),
      authorization(kCredential, "host;;range", kSignature),
      authorization(kCredential, many_names, kSignature),
      authorization(kCredential, "host", ""),
      authorization(kCredential, "host", kSignature.substr(1)),
      authorization(kCredential, "host", "G" + std::string(kSignature.substr(1))),
      authorization(kCredential, "host", "A" + std::string(kSignature.substr(1))),
  };
  for (const std::string& text : bad) {
    EXPECT_FALSE(parse_authorization(text).has_value()) << text;
  }
}

// A request as a server receives it, with its own bytes, so that a test can change them.
struct Received {
  std::string method = "GET";
  std::string path = "/bucket/a%20b.txt";
  std::string query = "versionId=1";
  std::vector<std::pair<std::string, std::string>> fields;

  std::string& field(std::string_view name) {
    return std::ranges::find(fields, name, &std::pair<std::string, std::string>::first)->second;
  }
  void drop(std::string_view name) {
    std::erase_if(fields, [name](const auto& field) { return field.first == name; });
  }
};

Credentials credentials_of(std::string session_token = "") {
  return {.access_key = "AKID",
          .secret_key = core::Secret("secret"),
          .session_token = core::Secret(std::move(session_token))};
}

// Signed the way the proxy does it.
Received signed_request(Credentials credentials = credentials_of()) {
  Received request;
  request.fields = {{"Host", "127.0.0.1:9000"}, {"Range", "bytes=0-9"}};
  const std::vector<http::Field> headers = {{"range", "bytes=0-9"}};
  Signer signer(std::move(credentials), "us-east-1");
  std::string lines;
  signer.sign({.method = request.method,
               .host = "127.0.0.1:9000",
               .path = request.path,
               .query = request.query,
               .headers = headers},
              kNow, lines);
  std::string_view rest = lines;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find(": ");
    request.fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return request;
}

std::optional<VerifyFailure> failure_of(const Received& request, const VerifyOptions& options,
                                        std::chrono::sys_seconds now = kNow) {
  http::Fields fields;
  for (const auto& [name, value] : request.fields) fields.add(name, value);
  const auto verified = verify(
      {.method = request.method, .path = request.path, .query = request.query, .fields = fields},
      options, now);
  return verified ? std::nullopt : std::optional(verified.error());
}

VerifyOptions options_for(Credentials credentials = credentials_of()) {
  return {.credentials = std::move(credentials), .region = "us-east-1"};
}

TEST(VerifyTest, AcceptsWhatTheSignerSigned) {
  EXPECT_EQ(failure_of(signed_request(), options_for()), std::nullopt);
}

TEST(VerifyTest, AcceptsTheSessionTokenThatGoesWithTheKey) {
  const auto temporary = credentials_of("token");

  EXPECT_EQ(failure_of(signed_request(temporary), options_for(temporary)), std::nullopt);
}

TEST(VerifyTest, FieldsThatNeedNoSignatureMayBeAdded) {
  Received request = signed_request();
  request.fields.emplace_back("User-Agent", "curl");

  EXPECT_EQ(failure_of(request, options_for()), std::nullopt);
}

TEST(VerifyTest, AnotherSpellingOfTheSameRequestIsTheSame) {
  Received request = signed_request();
  request.path = "/bucket/%61%20b%2Etxt";
  request.query = "version%49d=1";
  request.field("Range") = "  bytes=0-9 ";

  EXPECT_EQ(failure_of(request, options_for()), std::nullopt);
}

struct Tampering {
  std::string_view what;
  std::function<void(Received&)> tamper;
  VerifyFailure failure;
};

TEST(VerifyTest, RefusesWhatWasChangedOnTheWay) {
  using enum VerifyFailure;
  const Tampering cases[] = {
      {"method", [](Received& r) { r.method = "HEAD"; }, kSignatureMismatch},
      {"path", [](Received& r) { r.path = "/bucket/other"; }, kSignatureMismatch},
      {"path encoded twice", [](Received& r) { r.path = "/bucket/a%2520b.txt"; },
       kSignatureMismatch},
      {"path normalised", [](Received& r) { r.path = "/bucket/./a%20b.txt"; }, kSignatureMismatch},
      {"malformed path", [](Received& r) { r.path = "/bucket/%"; }, kSignatureMismatch},
      {"query", [](Received& r) { r.query = "versionId=2"; }, kSignatureMismatch},
      {"malformed query", [](Received& r) { r.query = "versionId=%"; }, kSignatureMismatch},
      {"host", [](Received& r) { r.field("Host") = "evil"; }, kSignatureMismatch},
      {"signed field", [](Received& r) { r.field("Range") = "bytes=0-"; }, kSignatureMismatch},
      {"signed field gone", [](Received& r) { r.drop("Range"); }, kSignatureMismatch},
      {"signed field twice", [](Received& r) { r.fields.emplace_back("range", "bytes=1-2"); },
       kSignatureMismatch},
      {"payload hash", [](Received& r) { r.field("x-amz-content-sha256") = "UNSIGNED-PAYLOAD"; },
       kSignatureMismatch},
      {"time", [](Received& r) { r.field("x-amz-date") = "20260102T030001Z"; }, kSignatureMismatch},
      {"day", [](Received& r) { r.field("x-amz-date") = "20260103T030000Z"; }, kWrongScope},
      {"no time", [](Received& r) { r.drop("x-amz-date"); }, kMalformed},
      {"time unreadable", [](Received& r) { r.field("x-amz-date") = "now"; }, kMalformed},
      {"no payload hash", [](Received& r) { r.drop("x-amz-content-sha256"); }, kMalformed},
      {"unsigned amz field", [](Received& r) { r.fields.emplace_back("X-Amz-Acl", "public-read"); },
       kUnsignedField},
      {"token for a key that has none",
       [](Received& r) { r.fields.emplace_back("x-amz-security-token", ""); }, kUnsignedField},
      {"no Authorization", [](Received& r) { r.drop("Authorization"); }, kUnsigned},
      {"another scheme", [](Received& r) { r.field("Authorization") = "Bearer x"; }, kMalformed},
      {"signature",
       [](Received& r) {
         char& last = r.field("Authorization").back();
         last = last == '0' ? '1' : '0';
       },
       kSignatureMismatch},
  };
  for (const Tampering& change : cases) {
    Received request = signed_request();
    change.tamper(request);
    EXPECT_EQ(failure_of(request, options_for()), change.failure) << change.what;
  }
}

TEST(VerifyTest, RefusesAnotherKeySecretRegionOrToken) {
  const Received request = signed_request();
  VerifyOptions other_key = options_for();
  other_key.credentials.access_key = "OTHER";
  VerifyOptions other_secret = options_for();
  other_secret.credentials.secret_key = core::Secret("other");
  VerifyOptions other_region = options_for();
  other_region.region = "eu-west-1";

  EXPECT_EQ(failure_of(request, other_key), VerifyFailure::kUnknownAccessKey);
  EXPECT_EQ(failure_of(request, other_secret), VerifyFailure::kSignatureMismatch);
  EXPECT_EQ(failure_of(request, other_region), VerifyFailure::kWrongScope);
  EXPECT_EQ(failure_of(request, options_for(credentials_of("token"))),
            VerifyFailure::kInvalidToken);
  EXPECT_EQ(failure_of(signed_request(credentials_of("token")), options_for()),
            VerifyFailure::kInvalidToken);
}

TEST(VerifyTest, HostMustBeSigned) {
  Received request = signed_request();
  std::string& header = request.field("Authorization");
  header.erase(header.find("host;"), 5);

  EXPECT_EQ(failure_of(request, options_for()), VerifyFailure::kUnsignedField);
}

TEST(VerifyTest, ClocksMayDifferByAQuarterOfAnHour) {
  const Received request = signed_request();

  EXPECT_EQ(failure_of(request, options_for(), kNow + 15min), std::nullopt);
  EXPECT_EQ(failure_of(request, options_for(), kNow - 15min), std::nullopt);
  EXPECT_EQ(failure_of(request, options_for(), kNow + 15min + 1s), VerifyFailure::kClockSkew);
  EXPECT_EQ(failure_of(request, options_for(), kNow - 15min - 1s), VerifyFailure::kClockSkew);
}

TEST(VerifyTest, EveryFailureHasItsNameInS3) {
  using enum VerifyFailure;
  const std::vector<VerifyFailure> failures = {kUnsigned,         kMalformed,        kWrongScope,
                                               kUnknownAccessKey, kClockSkew,        kUnsignedField,
                                               kInvalidToken,     kSignatureMismatch};
  std::set<std::string_view> names;
  for (const VerifyFailure failure : failures) {
    const S3Refusal refusal = s3_refusal(failure);
    EXPECT_TRUE(refusal.status == 400 || refusal.status == 403) << refusal.code;
    names.insert(refusal.code);
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"AccessDenied", "AuthorizationHeaderMalformed",
                                               "InvalidAccessKeyId", "InvalidToken",
                                               "RequestTimeTooSkewed", "SignatureDoesNotMatch"}));
}

TEST(VerifyTest, AcceptsWhatBotocoreSigned) {
  namespace json = boost::json;
  const json::value document =
      read_json(YATAGARASU_SOURCE_DIR "/tests/vectors/sigv4/s3-botocore.json");
  int checked = 0;
  for (const json::value& value : document.at("cases").as_array()) {
    const json::object& entry = value.as_object();
    if (entry.at("kind") != "header") continue;
    const std::string target = text_of(entry, "target");
    Received request;
    request.method = text_of(entry, "method");
    request.path = target.substr(0, target.find('?'));
    request.query =
        request.path.size() < target.size() ? target.substr(request.path.size() + 1) : "";
    request.fields = {{"Host", text_of(entry, "host")}};
    for (const json::value& pair : entry.at("signed_request_headers").as_array()) {
      request.fields.emplace_back(json::value_to<std::string>(pair.at(0)),
                                  json::value_to<std::string>(pair.at(1)));
    }
    const VerifyOptions options = {
        .credentials = {.access_key = text_of(document.as_object(), "access_key"),
                        .secret_key = core::Secret(text_of(document.as_object(), "secret_key")),
                        .session_token = core::Secret(text_of(entry, "session_token"))},
        .region = text_of(entry, "region")};
    const auto now = parse_amz_time(text_of(entry, "amz_date")).value();

    EXPECT_EQ(failure_of(request, options, now), std::nullopt) << text_of(entry, "name");
    ++checked;
  }
  EXPECT_EQ(checked, 50);
}

}  // namespace
}  // namespace yatagarasu::aws
