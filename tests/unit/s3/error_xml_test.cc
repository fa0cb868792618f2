#include "s3/error_xml.h"

#include "core/result.h"
#include "core/secret.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::s3 {
namespace {

using core::ErrorCode;

TEST(ErrorXmlTest, ReadsWhatS3Says) {
  const ErrorXml error = parse_error_xml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<Error><Code>InvalidRange</Code><Message>The requested range is not satisfiable</Message>"
      "<RangeRequested>bytes=100-</RangeRequested><ActualObjectSize>11</ActualObjectSize>"
      "<RequestId>4442587FB7D0A2F9</RequestId><HostId>x/y=</HostId></Error>");

  EXPECT_EQ(error.code, "InvalidRange");
  EXPECT_EQ(error.message, "The requested range is not satisfiable");
  EXPECT_EQ(error.request_id, "4442587FB7D0A2F9");
  EXPECT_EQ(error.actual_object_size, 11U);
  EXPECT_EQ(error.region, "");
}

TEST(ErrorXmlTest, ReadsTheRegionInAnAnswerFromTheWrongOne) {
  const ErrorXml error = parse_error_xml(
      "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>");

  EXPECT_EQ(error.code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(error.region, "eu-west-1");
}

TEST(ErrorXmlTest, NamespacesIndentationAndEscapesDoNotMatter) {
  const ErrorXml error = parse_error_xml(
      "<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
      "  <Code>\n    NoSuchKey\n  </Code>\n"
      "  <Message><![CDATA[no <such> key]]></Message>\n"
      "  <RequestId>a&amp;b</RequestId>\n</Error>\n");

  EXPECT_EQ(error.code, "NoSuchKey");
  EXPECT_EQ(error.message, "no <such> key");
  EXPECT_EQ(error.request_id, "a&b");
}

TEST(ErrorXmlTest, WhatCameBeforeACutIsUsed) {
  EXPECT_EQ(parse_error_xml("<Error><Code>SlowDown</Code><Message>Please red").code, "SlowDown");
  EXPECT_EQ(parse_error_xml("<Error><Code>SlowDown</Co").code, "SlowDown");
}

TEST(ErrorXmlTest, WhateverElseABodyMayBeIsNothing) {
  const std::string deep = [] {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "<a>";
    return text;
  }();
  const std::string bodies[] = {
      "",
      " ",
      "Internal Server Error",
      "<html><head><title>502 Bad Gateway</title></head><body><Error><Code>X</Code></Error></html>",
      "{\"Code\":\"NoSuchKey\"}",
      "<Error/>",
      "<Error></Error>",
      "<error><code>NoSuchKey</code></error>",
      "<Errors><Error><Code>NoSuchKey</Code></Error></Errors>",
      "<",
      "<<<>>>",
      std::string(100, '\0'),
      std::string("\xff\xfe<\0E\0r\0r\0o\0r\0", 14),
      deep,
  };
  for (const std::string& body : bodies) {
    EXPECT_EQ(parse_error_xml(body), ErrorXml()) << body.substr(0, 60);
  }
}

TEST(ErrorXmlTest, NothingBeyondTheBoundIsRead) {
  const std::string padding(kMaxErrorXmlBytes, ' ');

  EXPECT_EQ(parse_error_xml(padding + "<Error><Code>NoSuchKey</Code></Error>"), ErrorXml());
}

TEST(ErrorXmlTest, EntitiesOfADocumentTypeAreNotExpanded) {
  const ErrorXml error = parse_error_xml(
      "<!DOCTYPE Error [<!ENTITY a \"SECRET\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>"
      "<Error><Code>NoSuchKey</Code><Message>&a;&f;</Message></Error>");

  EXPECT_EQ(error.code, "NoSuchKey");
  EXPECT_EQ(error.message, "&a;&f;");
}

TEST(ErrorXmlTest, WordsThatAreNoneAreLeftOut) {
  for (const std::string& code :
       {std::string("No Such Key"), std::string(65, 'A'), std::string("A&#10;B"),
        std::string("\xc3\xa9"), std::string("&lt;b>")}) {
    EXPECT_EQ(parse_error_xml("<Error><Code>" + code + "</Code></Error>").code, "") << code;
  }
}

TEST(ErrorXmlTest, AMessageIsOneLineOfBoundedLength) {
  EXPECT_EQ(parse_error_xml("<Error><Message>a\nb\x1b[31m&#13;c</Message></Error>").message,
            "a b [31m c");
  const std::string endless = "<Error><Message>" + std::string(5000, 'x') + "</Message></Error>";
  EXPECT_EQ(parse_error_xml(endless).message.size(), 512U);
}

TEST(ErrorXmlTest, ASizeThatIsNoNumberIsNone) {
  for (const std::string& size : {"", "-1", "1.5", "12x", "0x10", "99999999999999999999"}) {
    const ErrorXml error =
        parse_error_xml("<Error><ActualObjectSize>" + size + "</ActualObjectSize></Error>");
    EXPECT_EQ(error.actual_object_size, std::nullopt) << size;
  }
  EXPECT_EQ(
      parse_error_xml("<Error><ActualObjectSize> 0 </ActualObjectSize></Error>").actual_object_size,
      0U);
}

ErrorXml with_code(std::string_view code) {
  ErrorXml error;
  error.code = code;
  return error;
}

struct ClassifyCase {
  int status;
  std::string_view code;
  ErrorCode means;
};

TEST(ClassifyTest, FollowsTheTableOfErrors) {
  using enum ErrorCode;
  constexpr ClassifyCase kCases[] = {
      {404, "NoSuchKey", kNotFound},
      {404, "NoSuchBucket", kNotFound},
      {404, "NoSuchVersion", kNotFound},
      {404, "", kNotFound},
      {404, "SomethingNew", kNotFound},
      {405, "MethodNotAllowed", kNotFound},
      {403, "AccessDenied", kForbidden},
      {403, "AllAccessDisabled", kForbidden},
      {403, "InvalidObjectState", kForbidden},
      {403, "", kForbidden},
      {403, "InvalidAccessKeyId", kOriginRefusesUs},
      {403, "SignatureDoesNotMatch", kOriginRefusesUs},
      {403, "RequestTimeTooSkewed", kOriginRefusesUs},
      {400, "ExpiredToken", kOriginRefusesUs},
      {400, "InvalidToken", kOriginRefusesUs},
      {400, "TokenRefreshRequired", kOriginRefusesUs},
      {400, "AuthorizationHeaderMalformed", kOriginRefusesUs},
      {400, "IllegalLocationConstraintException", kOriginRefusesUs},
      {404, "XAdminUserNotFound", kOriginRefusesUs},
      {401, "", kOriginRefusesUs},
      {301, "PermanentRedirect", kOriginRefusesUs},
      {301, "", kOriginRefusesUs},
      {307, "TemporaryRedirect", kOriginRefusesUs},
      {307, "", kOriginRefusesUs},
      {308, "", kOriginRefusesUs},
      {400, "InvalidArgument", kInvalidRequest},
      {400, "KeyTooLongError", kInvalidRequest},
      {400, "", kInvalidRequest},
      {414, "", kUriTooLong},
      {400, "RequestTimeout", kOriginTimeout},
      {408, "", kOriginTimeout},
      {412, "PreconditionFailed", kPreconditionFailed},
      {412, "", kPreconditionFailed},
      {416, "InvalidRange", kRangeNotSatisfiable},
      {416, "", kRangeNotSatisfiable},
      {503, "SlowDown", kOriginOverloaded},
      {503, "ServiceUnavailable", kOriginOverloaded},
      {503, "", kOriginOverloaded},
      {503, "SomethingNew", kOriginOverloaded},
      {500, "SlowDown", kOriginOverloaded},
      {429, "TooManyRequests", kOriginOverloaded},
      {429, "", kOriginOverloaded},
      {500, "InternalError", kOriginFailed},
      {500, "", kOriginFailed},
      {500, "NoSuchKey", kOriginFailed},
      {502, "", kOriginFailed},
      {504, "", kOriginFailed},
      {599, "", kOriginFailed},
      {200, "", kOriginMalformed},
      {200, "NoSuchKey", kOriginMalformed},
      {204, "", kOriginMalformed},
      {100, "", kOriginMalformed},
      {302, "", kOriginMalformed},
      {402, "", kOriginMalformed},
      {418, "", kOriginMalformed},
      {600, "", kOriginMalformed},
      {999, "", kOriginMalformed},
  };
  for (const ClassifyCase& each : kCases) {
    EXPECT_EQ(classify(each.status, with_code(each.code)).code, each.means)
        << each.status << " " << each.code;
  }
}

TEST(WithoutSecretsTest, NoMemberKeepsOne) {
  const std::vector<core::Secret> secrets = {core::Secret("key"), core::Secret("token")};
  const ErrorXml error{.code = "key",
                       .message = "a token, a key",
                       .region = "token-1",
                       .request_id = "1-key",
                       .actual_object_size = 7};

  const ErrorXml hidden = without_secrets(error, secrets);

  EXPECT_EQ(hidden.code, "***");
  EXPECT_EQ(hidden.message, "a ***, a ***");
  EXPECT_EQ(hidden.region, "***-1");
  EXPECT_EQ(hidden.request_id, "1-***");
  EXPECT_EQ(hidden.actual_object_size, 7U);
}

TEST(ClassifyTest, A400WithoutABodyIsOursWhenItNamesARegion) {
  ErrorXml error;
  error.region = "eu-west-1";

  EXPECT_EQ(classify(400, error).code, ErrorCode::kOriginRefusesUs);
  EXPECT_EQ(classify(403, error).code, ErrorCode::kForbidden);
}

TEST(ClassifyTest, TheDetailSaysWhatS3Said) {
  ErrorXml error = with_code("AuthorizationHeaderMalformed");
  error.message = "the region is wrong";
  error.region = "eu-west-1";

  EXPECT_EQ(classify(400, error).detail,
            "S3 answered 400 AuthorizationHeaderMalformed: the region is wrong (the bucket is in "
            "region eu-west-1)");
  EXPECT_EQ(classify(500, ErrorXml()).detail, "S3 answered 500");
}

}  // namespace
}  // namespace yatagarasu::s3
