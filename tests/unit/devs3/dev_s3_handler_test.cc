#include "devs3/dev_s3_handler.h"

#include "aws/canonical_request.h"
#include "aws/sigv4.h"
#include "core/percent.h"
#include "http/codec/h1_request_parser.h"
#include "unit/devs3/temporary_directory.h"

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace yatagarasu::devs3 {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

// A request as a client writes it, signed unless told otherwise.
struct Ask {
  std::string_view method = "GET";
  std::string_view target = "/";  // As sent.
  std::string_view lines = "";    // Further fields, each with its CRLF.
  bool is_signed = true;
  std::string_view access_key = "AKIDEXAMPLE";
  std::string_view secret_key = "sesame";
  std::string_view region = "eu-central-1";
  std::string_view payload_sha256 = aws::kEmptyPayloadSha256;
  std::chrono::seconds clock_offset{0};
};

struct Reply {
  int status = 0;
  http::HeaderBlock headers;
  std::optional<std::uint64_t> content_length;
  std::string body;
  std::optional<core::Error> cut;  // How the body ended early.

  std::string header(std::string_view name) const {
    return std::string(headers.get(name).value_or(""));
  }
};

class DevS3HandlerTest : public ::testing::Test {
 protected:
  DevS3HandlerTest() {
    directory_.write("digits.txt", "0123456789");
    directory_.write("empty.bin", "");
    directory_.write("a/b c/grün.html", "<p>green</p>");
  }

  Reply get(std::string_view target, std::string_view lines = "") {
    return ask({.target = target, .lines = lines});
  }
  Reply head(std::string_view target, std::string_view lines = "") {
    return ask({.method = "HEAD", .target = target, .lines = lines});
  }

  Reply ask(const Ask& asked) {
    const std::string bytes = compose(asked);
    http::H1RequestParser parser({});
    http::RequestHead head;
    EXPECT_EQ(parser.parse(bytes, head), http::ParseProgress::kDone) << bytes;

    const server::Request request{.head = head,
                                  .peer = {},
                                  .protocol = "HTTP/1.1",
                                  .started = io::Clock::now(),
                                  .deadline = io::kNever};
    Reply reply;
    std::exception_ptr error;
    io::asio::co_spawn(loop_.executor(), answer(request, reply),
                       [&](std::exception_ptr thrown) { error = std::move(thrown); });
    loop_.context().restart();
    loop_.context().run();
    if (error) std::rethrow_exception(error);
    return reply;
  }

  static std::string compose(const Ask& asked) {
    std::string bytes =
        std::string(asked.method).append(" ").append(asked.target).append(" HTTP/1.1\r\n");
    bytes.append("Host: 127.0.0.1:9000\r\n").append(asked.lines);
    if (asked.is_signed) {
      const auto question = asked.target.find('?');
      const std::string_view raw_query = question == std::string_view::npos
                                             ? std::string_view()
                                             : asked.target.substr(question + 1);
      const std::string path =
          core::s3_encode_key(core::percent_decode(asked.target.substr(0, question)).value_or("/"));
      const std::string query = aws::canonical_query(raw_query).value_or("");
      aws::Signer signer({.access_key = std::string(asked.access_key),
                          .secret_key = core::Secret(std::string(asked.secret_key)),
                          .session_token = {}},
                         std::string(asked.region));
      const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
      signer.sign({.method = asked.method,
                   .host = "127.0.0.1:9000",
                   .path = path,
                   .query = query,
                   .headers = {},
                   .payload_sha256 = asked.payload_sha256},
                  now + asked.clock_offset, bytes);
    }
    return bytes.append("\r\n");
  }

  io::Task<void> answer(const server::Request& request, Reply& reply) {
    server::Handled handled = handler_.handle(request, loop_);
    server::Response response = std::get<server::Response>(std::move(handled));
    reply.status = response.status;
    reply.headers = std::move(response.headers);
    reply.content_length = response.content_length;
    if (const auto* const text = std::get_if<std::string>(&response.body)) reply.body = *text;
    auto* const source = std::get_if<std::unique_ptr<io::ByteSource>>(&response.body);
    if (source == nullptr) co_return;
    while (true) {
      if (before_each_piece_) before_each_piece_();
      core::Result<std::string_view> piece = co_await (*source)->next();
      if (!piece) {
        reply.cut = std::move(piece.error());
        co_return;
      }
      if (piece->empty()) co_return;
      EXPECT_LE(piece->size(), 64U * 1024U);
      reply.body.append(*piece);
    }
  }

  TemporaryDirectory directory_;
  DirectoryStore store_ = DirectoryStore::open(directory_.path()).value();
  DevS3Handler handler_{store_,
                        {.bucket = "shelf",
                         .region = "eu-central-1",
                         .access_key = core::Secret("AKIDEXAMPLE"),
                         .secret_key = core::Secret("sesame")}};
  io::Loop loop_{0};
  std::function<void()> before_each_piece_;
};

// --- Objects

TEST_F(DevS3HandlerTest, GetsAnObjectWithItsFields) {
  const Reply reply = get("/shelf/digits.txt");

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "0123456789");
  EXPECT_EQ(reply.content_length, 10);
  EXPECT_EQ(reply.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(reply.header("Accept-Ranges"), "bytes");
  EXPECT_THAT(reply.header("ETag"), MatchesRegex("\"[0-9a-f]+-1\""));
  EXPECT_THAT(reply.header("Last-Modified"), MatchesRegex("[A-Z][a-z][a-z], .* GMT"));
  EXPECT_THAT(reply.header("x-amz-request-id"), MatchesRegex("[0-9A-F]+"));
}

TEST_F(DevS3HandlerTest, AHeadHasTheFieldsAndLengthOfTheGetAndNoBody) {
  const Reply got = get("/shelf/digits.txt");
  const Reply reply = head("/shelf/digits.txt");

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_length, 10);
  EXPECT_EQ(reply.header("ETag"), got.header("ETag"));
  EXPECT_EQ(reply.header("Content-Type"), got.header("Content-Type"));
  EXPECT_THAT(reply.body, IsEmpty());
}

TEST_F(DevS3HandlerTest, KeysAreDecodedOnceFromThePath) {
  directory_.write("100%25", "twice");

  EXPECT_EQ(get("/shelf/a/b%20c/gr%C3%BCn.html").body, "<p>green</p>");
  EXPECT_EQ(get("/shelf/100%2525").body, "twice");
  EXPECT_EQ(get("/shelf/100%25").status, 404);
}

TEST_F(DevS3HandlerTest, AnEmptyObjectHasALengthOfZero) {
  const Reply reply = get("/shelf/empty.bin");

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_length, 0);
  EXPECT_THAT(reply.body, IsEmpty());
}

TEST_F(DevS3HandlerTest, ALargeObjectComesWholeInSmallPieces) {
  std::string bytes;
  for (std::size_t k = 0; k < 1'000'003; ++k) bytes += static_cast<char>((k * 31 + 7) % 251);
  directory_.write("large.bin", bytes);

  const Reply reply = get("/shelf/large.bin");

  EXPECT_EQ(reply.content_length, bytes.size());
  EXPECT_TRUE(reply.body == bytes);
}

TEST_F(DevS3HandlerTest, AFileCutWhileItIsSentCutsTheBody) {
  directory_.write("large.bin", std::string(200'000, 'x'));
  before_each_piece_ = [&, pieces = 0]() mutable {
    if (++pieces == 2) std::filesystem::resize_file(directory_.path() + "/large.bin", 20'000);
  };

  const Reply reply = get("/shelf/large.bin");

  EXPECT_EQ(reply.status, 200);
  ASSERT_TRUE(reply.cut.has_value());
  EXPECT_EQ(reply.cut->code, core::ErrorCode::kSystem);
  EXPECT_LE(reply.body.size(), 20'000U);
}

TEST_F(DevS3HandlerTest, AMissingKeyIsNoSuchKey) {
  const Reply reply = get("/shelf/a%26b");

  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.header("Content-Type"), "application/xml");
  EXPECT_THAT(reply.body, HasSubstr("<Code>NoSuchKey</Code>"));
  EXPECT_THAT(reply.body, HasSubstr("<Key>a&amp;b</Key><Resource>/shelf/a%26b</Resource>"));
  EXPECT_THAT(reply.body,
              HasSubstr("<RequestId>" + reply.header("x-amz-request-id") + "</RequestId>"));
}

TEST_F(DevS3HandlerTest, ErrorsToAHeadHaveNoBody) {
  for (const auto* const target : {"/shelf/missing", "/other/key", "/shelf/digits.txt?acl"}) {
    const Reply reply = head(target);

    EXPECT_GE(reply.status, 400) << target;
    EXPECT_THAT(reply.body, IsEmpty()) << target;
  }
  EXPECT_THAT(ask({.method = "HEAD", .target = "/shelf/x", .is_signed = false}).body, IsEmpty());
}

TEST_F(DevS3HandlerTest, NoPathLeavesTheDirectory) {
  TemporaryDirectory outside;
  outside.write("secret", "no");
  const std::string name = std::filesystem::path(outside.path()).filename().string();
  directory_.link("link", outside.path());

  for (const std::string& key :
       {"../" + name + "/secret", "%2e%2e/" + name + "/secret", "a/%2E%2E/..%2f" + name + "/secret",
        outside.path() + "/secret", "%2F" + outside.path().substr(1) + "/secret",
        std::string("link/secret"), std::string("digits.txt%00"), std::string("a/..%2Fdigits.txt"),
        std::string(".//digits.txt")}) {
    const Reply reply = get("/shelf/" + key);
    EXPECT_EQ(reply.status, 404) << key;
    EXPECT_THAT(reply.body, HasSubstr("<Code>NoSuchKey</Code>")) << key;
  }
}

TEST_F(DevS3HandlerTest, AKeyBeyondS3sLimitIsTooLong) {
  const Reply reply = get("/shelf/" + std::string(1025, 'k'));

  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("<Code>KeyTooLongError</Code>"));
}

// --- Ranges

struct RangeCase {
  std::string_view range;
  int status;
  std::string_view content_range;
  std::string_view body;
};

class DevS3RangeTest : public DevS3HandlerTest, public ::testing::WithParamInterface<RangeCase> {};

TEST_P(DevS3RangeTest, AnswersAsS3Does) {
  const RangeCase& expected = GetParam();
  const std::string line = "Range: " + std::string(expected.range) + "\r\n";

  const Reply got = get("/shelf/digits.txt", line);
  const Reply headed = head("/shelf/digits.txt", line);

  EXPECT_EQ(got.status, expected.status);
  EXPECT_EQ(got.header("Content-Range"), expected.content_range);
  EXPECT_EQ(got.body, expected.body);
  EXPECT_EQ(got.content_length, expected.body.size());
  EXPECT_EQ(headed.status, expected.status);
  EXPECT_EQ(headed.content_length, expected.body.size());
  EXPECT_THAT(headed.body, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Ranges, DevS3RangeTest,
                         ::testing::Values(RangeCase{"bytes=0-3", 206, "bytes 0-3/10", "0123"},
                                           RangeCase{"bytes=9-9", 206, "bytes 9-9/10", "9"},
                                           RangeCase{"bytes=5-", 206, "bytes 5-9/10", "56789"},
                                           RangeCase{"bytes=5-100", 206, "bytes 5-9/10", "56789"},
                                           RangeCase{"bytes=-3", 206, "bytes 7-9/10", "789"},
                                           RangeCase{"bytes=-100", 206, "bytes 0-9/10",
                                                     "0123456789"},
                                           RangeCase{"bytes=9-1", 200, "", "0123456789"},
                                           RangeCase{"bytes=x-y", 200, "", "0123456789"},
                                           RangeCase{"items=0-3", 200, "", "0123456789"},
                                           RangeCase{"bytes=0-1,8-9", 200, "", "0123456789"}));

TEST_F(DevS3HandlerTest, AnUnsatisfiableRangeSaysTheSizeInItsXmlOnly) {
  for (const auto* const range : {"bytes=10-", "bytes=-0", "bytes=50-60"}) {
    const Reply reply = get("/shelf/digits.txt", "Range: " + std::string(range) + "\r\n");

    EXPECT_EQ(reply.status, 416) << range;
    EXPECT_THAT(reply.body, HasSubstr("<Code>InvalidRange</Code>"));
    EXPECT_THAT(reply.body,
                HasSubstr("<RangeRequested>" + std::string(range) + "</RangeRequested>"));
    EXPECT_THAT(reply.body, HasSubstr("<ActualObjectSize>10</ActualObjectSize>"));
    EXPECT_FALSE(reply.headers.has("Content-Range"));
  }
  EXPECT_EQ(get("/shelf/empty.bin", "Range: bytes=0-0\r\n").status, 416);
}

TEST_F(DevS3HandlerTest, IfRangeIsIgnoredAsByS3) {
  const Reply reply =
      get("/shelf/digits.txt", "Range: bytes=0-3\r\nIf-Range: \"another version\"\r\n");

  EXPECT_EQ(reply.status, 206);
}

// --- Conditions

TEST_F(DevS3HandlerTest, ConditionsAreEvaluatedBeforeAnythingIsSent) {
  const Reply current = get("/shelf/digits.txt");
  const std::string etag = current.header("ETag");
  const std::string date = current.header("Last-Modified");
  const std::string past = "Sat, 01 Jan 2000 00:00:00 GMT";
  struct Case {
    std::string lines;
    int status;
  };

  for (const auto& [lines, status] : {
           Case{"If-None-Match: " + etag + "\r\n", 304},
           Case{"If-None-Match: W/" + etag + "\r\n", 304},
           Case{"If-None-Match: \"x\", " + etag + "\r\n", 304},
           Case{"If-None-Match: *\r\n", 304},
           Case{"If-None-Match: \"x\"\r\n", 200},
           Case{"If-Modified-Since: " + date + "\r\n", 304},
           Case{"If-Modified-Since: " + past + "\r\n", 200},
           Case{"If-None-Match: \"x\"\r\nIf-Modified-Since: " + date + "\r\n", 200},
           Case{"If-Match: " + etag + "\r\n", 200},
           Case{"If-Match: \"x\"\r\n", 412},
           Case{"If-Match: \"x\"\r\nRange: bytes=0-3\r\n", 412},
           Case{"If-Match: " + etag + "\r\nRange: bytes=0-3\r\n", 206},
           Case{"If-Unmodified-Since: " + past + "\r\n", 412},
           Case{"If-Unmodified-Since: " + date + "\r\n", 200},
           Case{"If-None-Match: " + etag + "\r\nRange: bytes=50-\r\n", 304},
       }) {
    EXPECT_EQ(get("/shelf/digits.txt", lines).status, status) << lines;
    EXPECT_EQ(head("/shelf/digits.txt", lines).status, status) << lines;
  }
}

TEST_F(DevS3HandlerTest, A304HasTheValidatorsAndNoBody) {
  const std::string etag = get("/shelf/digits.txt").header("ETag");

  const Reply reply = get("/shelf/digits.txt", "If-None-Match: " + etag + "\r\n");

  EXPECT_EQ(reply.header("ETag"), etag);
  EXPECT_TRUE(reply.headers.has("Last-Modified"));
  EXPECT_THAT(reply.body, IsEmpty());
}

TEST_F(DevS3HandlerTest, AFailedConditionIsPreconditionFailed) {
  EXPECT_THAT(get("/shelf/digits.txt", "If-Match: \"x\"\r\n").body,
              HasSubstr("<Code>PreconditionFailed</Code>"));
}

TEST_F(DevS3HandlerTest, ConditionsDoNotMatterForAMissingKey) {
  EXPECT_EQ(get("/shelf/missing", "If-Match: \"x\"\r\n").status, 404);
  EXPECT_EQ(get("/shelf/missing", "If-None-Match: *\r\n").status, 404);
}

// --- Buckets

TEST_F(DevS3HandlerTest, TheBucketAnswersAHeadWithItsRegion) {
  for (const auto* const target : {"/shelf", "/shelf/"}) {
    const Reply reply = head(target);

    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("x-amz-bucket-region"), "eu-central-1");
  }
}

TEST_F(DevS3HandlerTest, ListsObjects) {
  const Reply reply = get("/shelf?list-type=2&prefix=a%2F&encoding-type=url");

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Content-Type"), "application/xml");
  EXPECT_THAT(reply.body, HasSubstr("<Name>shelf</Name><Prefix>a/</Prefix>"));
  EXPECT_THAT(reply.body, HasSubstr("<Key>a/b%20c/gr%C3%BCn.html</Key>"));
  EXPECT_THAT(reply.body, Not(HasSubstr("digits.txt")));
}

struct RefusalCase {
  std::string_view method;
  std::string_view target;
  int status;
  std::string_view code;
};

class DevS3RefusalTest : public DevS3HandlerTest,
                         public ::testing::WithParamInterface<RefusalCase> {};

TEST_P(DevS3RefusalTest, IsS3sError) {
  const RefusalCase& refused = GetParam();

  const Reply reply = ask({.method = refused.method, .target = refused.target});

  EXPECT_EQ(reply.status, refused.status);
  EXPECT_THAT(reply.body, HasSubstr("<Code>" + std::string(refused.code) + "</Code>"));
}

INSTANTIATE_TEST_SUITE_P(
    Refusals, DevS3RefusalTest,
    ::testing::Values(RefusalCase{"GET", "/other/digits.txt", 404, "NoSuchBucket"},
                      RefusalCase{"GET", "/shelfx/digits.txt", 404, "NoSuchBucket"},
                      RefusalCase{"GET", "/other?list-type=2", 404, "NoSuchBucket"},
                      RefusalCase{"GET", "/", 501, "NotImplemented"},
                      RefusalCase{"GET", "/shelf", 501, "NotImplemented"},
                      RefusalCase{"GET", "/shelf?list-type=1", 501, "NotImplemented"},
                      RefusalCase{"GET", "/shelf?list-type=2&versions", 501, "NotImplemented"},
                      RefusalCase{"GET", "/shelf/digits.txt?acl", 501, "NotImplemented"},
                      RefusalCase{"GET", "/shelf/digits.txt?versionId=1", 501, "NotImplemented"},
                      RefusalCase{"GET", "/shelf?list-type=2&max-keys=x", 400, "InvalidArgument"},
                      RefusalCase{"PUT", "/shelf/digits.txt", 405, "MethodNotAllowed"},
                      RefusalCase{"DELETE", "/shelf/digits.txt", 405, "MethodNotAllowed"},
                      RefusalCase{"POST", "/shelf?delete", 405, "MethodNotAllowed"}));

TEST_F(DevS3HandlerTest, NothingWritesToTheDirectory) {
  const Reply reply = ask({.method = "DELETE", .target = "/shelf/digits.txt"});

  EXPECT_EQ(reply.header("Allow"), "GET, HEAD");
  EXPECT_EQ(get("/shelf/digits.txt").body, "0123456789");
}

TEST_F(DevS3HandlerTest, TheSdksOperationNameIsAccepted) {
  EXPECT_EQ(get("/shelf/digits.txt?x-id=GetObject").status, 200);
}

// --- Signatures

TEST_F(DevS3HandlerTest, AnUnsignedRequestIsDenied) {
  for (const auto* const target : {"/shelf/digits.txt", "/shelf", "/other/key"}) {
    const Reply reply = ask({.target = target, .is_signed = false});

    EXPECT_EQ(reply.status, 403) << target;
    EXPECT_THAT(reply.body, HasSubstr("<Code>AccessDenied</Code>")) << target;
  }
}

TEST_F(DevS3HandlerTest, SignatureTroubleIsToldApart) {
  struct Case {
    Ask ask;
    int status;
    std::string_view code;
  };
  for (const auto& [asked, status, code] : {
           Case{{.access_key = "AKIDOTHER"}, 403, "InvalidAccessKeyId"},
           Case{{.secret_key = "guess"}, 403, "SignatureDoesNotMatch"},
           Case{{.clock_offset = -16min}, 403, "RequestTimeTooSkewed"},
           Case{{.clock_offset = 16min}, 403, "RequestTimeTooSkewed"},
           Case{{.clock_offset = -14min}, 200, ""},
           Case{{.region = "us-east-1"}, 400, "AuthorizationHeaderMalformed"},
           Case{{.payload_sha256 = "UNSIGNED-PAYLOAD"}, 200, ""},
           Case{{.payload_sha256 = std::string_view("00")}, 400, "XAmzContentSHA256Mismatch"},
       }) {
    Ask sent = asked;
    sent.target = "/shelf/digits.txt";

    const Reply reply = ask(sent);

    EXPECT_EQ(reply.status, status) << code;
    if (status != 200) {
      EXPECT_THAT(reply.body, HasSubstr("<Code>" + std::string(code) + "</Code>"));
      EXPECT_THAT(reply.body, Not(HasSubstr("sesame")));
    }
  }
}

TEST_F(DevS3HandlerTest, AWrongRegionIsToldTheRightOne) {
  const Reply reply = ask({.target = "/shelf/digits.txt", .region = "us-west-2"});

  EXPECT_THAT(reply.body, HasSubstr("<Region>eu-central-1</Region>"));
}

TEST_F(DevS3HandlerTest, AnAuthorizationOfAnotherKindIsMalformed) {
  const Reply reply = ask({.target = "/shelf/digits.txt",
                           .lines = "Authorization: AWS AKIDEXAMPLE:c2ln\r\n",
                           .is_signed = false});

  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("<Code>AuthorizationHeaderMalformed</Code>"));
}

TEST_F(DevS3HandlerTest, WhatTheCodecRefusesGetsS3sXmlToo) {
  const server::Response response = handler_.refuse(431, "the head is too long", {}, {}, loop_);

  EXPECT_EQ(response.status, 431);
  EXPECT_THAT(std::get<std::string>(response.body), HasSubstr("the head is too long"));
}

TEST_F(DevS3HandlerTest, EveryAnswerHasItsOwnRequestId) {
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.insert(get("/shelf/digits.txt").header("x-amz-request-id"));

  EXPECT_EQ(ids.size(), 50U);
}

}  // namespace
}  // namespace yatagarasu::devs3
