#include "auth/jwt/jwks_fetcher.h"

#include "auth/jwt/jwks_source.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "support/certificates.h"
#include "support/fake_dns.h"
#include "support/run.h"
#include "support/scripted_origin.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using core::ErrorCode;
using support::Script;
using support::ScriptedOrigin;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kSet = R"({"keys":[]})";

std::string answer(std::string_view status, std::string_view fields = {},
                   std::string_view body = kSet) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n").append(fields).append("\r\n").append(body);
}

class JwksFetcherTest : public ::testing::Test {
 protected:
  core::Result<std::unique_ptr<JwksFetcher>> fetcher(const std::string& url) {
    options_.url = url;
    return JwksFetcher::create(loop_, resolver_, options_);
  }

  core::Result<JwksAnswer> fetch_url(const std::string& url, const std::string& etag = {}) {
    const auto made = fetcher(url);
    if (!made) return std::unexpected(made.error());
    return support::run(loop_, (*made)->fetch(etag));
  }
  core::Result<JwksAnswer> fetch(const ScriptedOrigin& server, const std::string& etag = {}) {
    return fetch_url("http://127.0.0.1:" + std::to_string(server.port()) + "/certs?a=1", etag);
  }

  // What is said of an answer that must be refused.
  core::Error refusal(const std::string& text, const std::string& etag = {}) {
    const ScriptedOrigin server({Script().answer(text)});
    const auto fetched = fetch(server, etag);
    if (fetched) return {ErrorCode::kInternal, "it was taken"};
    return fetched.error();
  }

  support::FakeDns dns_;
  io::Loop loop_{0};
  io::Resolver resolver_{loop_, {.servers = {dns_.endpoint()}}};
  JwksFetchOptions options_;
};

TEST_F(JwksFetcherTest, FetchesTheSet) {
  const ScriptedOrigin server({Script().answer(
      answer("200 OK", "ETag: \"one\"\r\nCache-Control: max-age=60\r\nContent-Type: a/b\r\n"))});

  const auto fetched = fetch(server);

  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->body, kSet);
  EXPECT_EQ(fetched->etag, "\"one\"");
  EXPECT_EQ(fetched->lifetime, 60s);
}

TEST_F(JwksFetcherTest, AsksForThePathAndQueryAndNamesTheHost) {
  const ScriptedOrigin server({Script().answer(answer("200 OK"))});

  ASSERT_TRUE(fetch(server));

  const std::string head = server.heads().at(0);
  EXPECT_THAT(head, StartsWith("GET /certs?a=1 HTTP/1.1\r\nHost: 127.0.0.1:" +
                               std::to_string(server.port()) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nCache-Control: no-cache\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("If-None-Match")));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

TEST_F(JwksFetcherTest, SendsTheEntityTagBackAndTakesUnchanged) {
  const ScriptedOrigin server(
      {Script().answer("HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\n\r\n")});

  const auto fetched = fetch(server, "W/\"one\"");

  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_THAT(server.heads().at(0), HasSubstr("\r\nIf-None-Match: W/\"one\"\r\n"));
  EXPECT_EQ(fetched->body, std::nullopt);
  EXPECT_EQ(fetched->etag, "W/\"one\"");
  EXPECT_EQ(fetched->lifetime, 60s);
}

TEST_F(JwksFetcherTest, TakesNoUnchangedThatWasNotAskedFor) {
  EXPECT_EQ(refusal("HTTP/1.1 304 Not Modified\r\n\r\n").detail, "the issuer answered 304");
}

TEST_F(JwksFetcherTest, SendsOnlyEntityTagsBack) {
  for (const std::string tag : {"one", "\"one", "\"o\" ne\"", "*", ""}) {
    const ScriptedOrigin server({Script().answer(answer("200 OK", "ETag: " + tag + "\r\n"))});

    const auto fetched = fetch(server);

    ASSERT_TRUE(fetched) << tag;
    EXPECT_EQ(fetched->etag, "") << tag;
  }
}

TEST_F(JwksFetcherTest, DoesNotKeepAHugeEntityTag) {
  const std::string field = "ETag: \"" + std::string(10'000, 'a') + "\"\r\n";
  const ScriptedOrigin server({Script().answer(answer("200 OK", field))});

  EXPECT_EQ(fetch(server).value().etag, "");
}

TEST_F(JwksFetcherTest, FollowsNoRedirect) {
  for (const std::string status : {"301 Moved", "302 Found", "303 See Other", "307 T", "308 P"}) {
    const core::Error error =
        refusal(answer(status, "Location: https://elsewhere.test/?token=hidden\r\n"));

    EXPECT_EQ(error.code, ErrorCode::kOriginMalformed);
    EXPECT_EQ(error.detail, "the issuer answered " + status.substr(0, 3) +
                                ", a redirect: none is followed, name the final URL");
  }
}

TEST_F(JwksFetcherTest, TakesNoOtherStatus) {
  for (const std::string status : {"201 Created", "203 N", "204 No Content", "206 Partial Content",
                                   "400 Bad", "401 U", "403 Forbidden", "404 Not Found"}) {
    const core::Error error = refusal(answer(status));

    EXPECT_EQ(error.code, ErrorCode::kOriginMalformed) << status;
    EXPECT_EQ(error.detail, "the issuer answered " + status.substr(0, 3));
  }
  for (const std::string status : {"429 Too Many", "500 Oops", "503 Later"}) {
    EXPECT_EQ(refusal(answer(status)).code, ErrorCode::kOriginFailed) << status;
  }
}

TEST_F(JwksFetcherTest, TakesNoContentCoding) {
  EXPECT_THAT(refusal(answer("200 OK", "Content-Encoding: gzip\r\n")).detail,
              HasSubstr("content coding"));

  const ScriptedOrigin server(
      {Script().answer(answer("200 OK", "Content-Encoding: Identity\r\n"))});
  EXPECT_TRUE(fetch(server));
}

TEST_F(JwksFetcherTest, TakesABodyUpToItsLimit) {
  options_.max_body = 100;
  const ScriptedOrigin server({Script().answer(answer("200 OK", {}, std::string(100, ' ')))});

  EXPECT_EQ(fetch(server).value().body, std::string(100, ' '));
  EXPECT_EQ(refusal(answer("200 OK", {}, std::string(101, ' '))).detail,
            "the body is larger than 100 bytes");
}

TEST_F(JwksFetcherTest, TakesAChunkedBodyUpToItsLimit) {
  options_.max_body = 10;
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const ScriptedOrigin server({Script().answer(head + "5\r\nabcde\r\n5\r\nfghij\r\n0\r\n\r\n")});

  EXPECT_EQ(fetch(server).value().body, "abcdefghij");
  EXPECT_EQ(refusal(head + "5\r\nabcde\r\n6\r\nfghijk\r\n0\r\n\r\n").detail,
            "the body is larger than 10 bytes");
}

TEST_F(JwksFetcherTest, TakesNoBodyThatIsCut) {
  const core::Error error = refusal("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"keys\":[]");

  EXPECT_EQ(error.code, ErrorCode::kOriginUnreachable);
  EXPECT_THAT(error.detail, StartsWith("body cut after 10 of 20 bytes"));
}

TEST_F(JwksFetcherTest, TakesNothingThatIsNotHttp) {
  EXPECT_EQ(refusal("SSH-2.0-OpenSSH_9.2\r\n\r\n").code, ErrorCode::kOriginMalformed);
}

TEST_F(JwksFetcherTest, WaitsForTheAnswerNoLongerThanAllowed) {
  const ScriptedOrigin server({Script().receive().hold()});
  options_.first_byte_timeout = 40ms;

  EXPECT_EQ(fetch(server).error().code, ErrorCode::kOriginTimeout);
}

TEST_F(JwksFetcherTest, WaitsForTheWholeNoLongerThanAllowed) {
  const ScriptedOrigin server(
      {Script().answer("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{").hold()});
  options_.total_timeout = 40ms;

  EXPECT_EQ(fetch(server).error().code, ErrorCode::kOriginTimeout);
}

TEST_F(JwksFetcherTest, WaitsForTheConnectionNoLongerThanAllowed) {
  dns_.silence();
  options_.connect_timeout = 40ms;

  EXPECT_EQ(fetch_url("http://id.example.test/").error().code, ErrorCode::kOriginTimeout);
}

TEST_F(JwksFetcherTest, OpensAConnectionForEachFetch) {
  const ScriptedOrigin server({Script().answer(answer("200 OK")).hold()});
  const auto made = fetcher("http://127.0.0.1:" + std::to_string(server.port()) + "/");

  for (int i = 0; i < 3; ++i) ASSERT_TRUE(support::run(loop_, (*made)->fetch({})));

  EXPECT_EQ(server.connections(), 3U);
}

TEST_F(JwksFetcherTest, TrustsTheConfiguredAuthority) {
  const support::CertificateAuthority authority;
  const ScriptedOrigin server({Script().answer(answer("200 OK"))}, authority.issue());
  options_.ca_file = authority.file();

  const auto fetched = fetch_url("https://127.0.0.1:" + std::to_string(server.port()) + "/");

  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->body, kSet);
}

TEST_F(JwksFetcherTest, TrustsNoOtherAuthority) {
  const support::CertificateAuthority authority;
  const ScriptedOrigin server({Script().answer(answer("200 OK"))}, authority.issue());

  const auto fetched = fetch_url("https://127.0.0.1:" + std::to_string(server.port()) + "/");

  ASSERT_FALSE(fetched);
  EXPECT_THAT(fetched.error().detail, HasSubstr("tls: "));
  EXPECT_TRUE(server.heads().empty());
}

TEST_F(JwksFetcherTest, TrustsNoCertificateForAnotherHost) {
  const support::CertificateAuthority authority;
  const ScriptedOrigin server({Script().answer(answer("200 OK"))},
                              authority.issue({.names = "DNS:elsewhere.test"}));
  options_.ca_file = authority.file();

  const auto fetched = fetch_url("https://127.0.0.1:" + std::to_string(server.port()) + "/");

  ASSERT_FALSE(fetched);
  EXPECT_THAT(fetched.error().detail, HasSubstr("tls: "));
  EXPECT_TRUE(server.heads().empty());
}

TEST_F(JwksFetcherTest, CannotBeMadeOfWhatCannotBeUsed) {
  EXPECT_EQ(fetcher("id.example").error().code, ErrorCode::kConfiguration);

  options_.ca_file = "/does/not/exist.pem";
  EXPECT_EQ(fetcher("https://id.example/").error().code, ErrorCode::kConfiguration);
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
