#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "support/certificates.h"
#include "support/run.h"
#include "support/scripted_origin.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace yatagarasu::io {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using core::ErrorCode;
using support::CertificateAuthority;
using support::Script;
using support::ScriptedOrigin;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TlsTest : public ::testing::Test {
 protected:
  using Connected = core::Result<std::unique_ptr<Stream>>;

  Connected connect(std::uint16_t port, std::string_view name = "localhost") {
    return connect(port, *context_, name);
  }
  Connected connect(std::uint16_t port, const TlsClientContext& context, std::string_view name,
                    Duration timeout = 5s) {
    const TimePoint deadline = Clock::now() + timeout;
    auto transport = support::run(
        loop_, TcpStream::connect(loop_, {asio::ip::address_v4::loopback(), port}, deadline));
    return support::run(loop_, tls_connect(std::move(*transport), context, name, deadline));
  }

  void write(Stream& stream, std::vector<std::string> texts) {
    std::vector<iovec> parts;
    parts.reserve(texts.size());
    for (std::string& text : texts) {
      parts.push_back({.iov_base = text.data(), .iov_len = text.size()});
    }
    const auto written = support::run(loop_, write_all(stream, std::span(parts), 5s, More::kNo));
    EXPECT_TRUE(written);
  }

  struct Received {
    std::string text;
    std::string failure;  // Empty: ended in order.
    friend bool operator==(const Received&, const Received&) = default;
  };
  Received read_all(Stream& stream) {
    std::string text;
    std::array<char, 1000> buffer{};
    for (;;) {
      const auto got = support::run(loop_, read_some(stream, buffer, Clock::now() + 5s));
      if (!got) return {text, got.error().detail};
      if (*got == 0) return {text, ""};
      text.append(buffer.data(), *got);
    }
  }

  CertificateAuthority authority_;
  std::unique_ptr<TlsClientContext> context_ =
      TlsClientContext::create({.ca_file = authority_.file()}).value();
  Loop loop_{0};
};

TEST_F(TlsTest, TalksToAServerItTrusts) {
  ScriptedOrigin origin({Script().answer("hello")}, authority_.issue());

  const Connected stream = connect(origin.port());

  ASSERT_TRUE(stream) << stream.error().detail;
  write(**stream, {"GET / HTTP/1.1\r\n", "", "Host: x\r\n\r\n"});
  EXPECT_EQ(read_all(**stream), (Received{"hello", ""}));
  EXPECT_EQ(origin.heads().front(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(origin.alpn(), "http/1.1");
  EXPECT_EQ((*stream)->plain_descriptor(), -1);
}

TEST_F(TlsTest, ChecksAnAddressAgainstTheCertificate) {
  ScriptedOrigin origin({Script().hold()}, authority_.issue({.names = "IP:127.0.0.1"}));

  EXPECT_TRUE(connect(origin.port(), "127.0.0.1"));
  const Connected other = connect(origin.port(), "127.0.0.2");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().detail, "tls: the certificate is for another host");
}

TEST_F(TlsTest, RefusesACertificateForAnotherHost) {
  ScriptedOrigin origin({Script().hold()}, authority_.issue({.names = "DNS:other.test"}));

  const Connected stream = connect(origin.port());

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::kOriginUnreachable);
  EXPECT_EQ(stream.error().detail, "tls: the certificate is for another host");
}

TEST_F(TlsTest, AcceptsAWildcardForOneLabelOnly) {
  ScriptedOrigin origin({Script().hold()}, authority_.issue({.names = "DNS:*.s3.test"}));

  EXPECT_TRUE(connect(origin.port(), "bucket.s3.test"));
  EXPECT_FALSE(connect(origin.port(), "my.bucket.s3.test"));
}

TEST_F(TlsTest, RefusesAnAuthorityItDoesNotTrust) {
  const CertificateAuthority other;
  ScriptedOrigin origin({Script().hold()}, other.issue());

  const Connected stream = connect(origin.port());

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::kOriginUnreachable);
  // Both authorities have the same name, so it is the signature that tells them apart.
  EXPECT_THAT(stream.error().detail, StartsWith("tls: the certificate"));
}

TEST_F(TlsTest, RefusesAnUnknownIssuerWithTheSystemsAuthorities) {
  ScriptedOrigin origin({Script().hold()}, authority_.issue());
  const auto context = TlsClientContext::create({}).value();

  const Connected stream = connect(origin.port(), *context, "localhost");

  ASSERT_FALSE(stream);
  EXPECT_THAT(stream.error().detail, StartsWith("tls: the certificate's issuer is unknown"));
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  ScriptedOrigin origin({Script().hold()},
                        authority_.issue({.valid_from_s = -3'600, .valid_until_s = -60}));

  const Connected stream = connect(origin.port());

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().detail, "tls: the certificate has expired");
}

TEST_F(TlsTest, RefusesACertificateThatIsNotValidYet) {
  ScriptedOrigin origin({Script().hold()},
                        authority_.issue({.valid_from_s = 600, .valid_until_s = 3'600}));

  const Connected stream = connect(origin.port());

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().detail, "tls: the certificate is not valid yet");
}

TEST_F(TlsTest, AcceptsAnyCertificateWhenToldNotToVerify) {
  ScriptedOrigin origin({Script().hold()}, authority_.issue({.names = "DNS:other.test"}));
  const auto context = TlsClientContext::create({.ca_file = {}, .verify = VerifyPeer::kNo}).value();

  EXPECT_TRUE(connect(origin.port(), *context, "localhost"));
}

TEST_F(TlsTest, TellsATruncationFromAnEnd) {
  ScriptedOrigin origin({Script().send("half").cut()}, authority_.issue());
  const Connected stream = connect(origin.port());
  ASSERT_TRUE(stream);

  EXPECT_EQ(read_all(**stream),
            (Received{"half", "the connection was closed without close_notify"}));
}

TEST_F(TlsTest, ReadsManyRecordsInSmallPieces) {
  const std::string large(100'000, 'x');
  ScriptedOrigin origin({Script().send(large)}, authority_.issue());
  const Connected stream = connect(origin.port());
  ASSERT_TRUE(stream);

  EXPECT_EQ(read_all(**stream), (Received{large, ""}));
}

TEST_F(TlsTest, WaitingEndsAtOnceWhileReceivedBytesAreUnread) {
  ScriptedOrigin origin({Script().send("one and two").hold()}, authority_.issue());
  const Connected stream = connect(origin.port());
  ASSERT_TRUE(stream);
  std::array<char, 3> buffer{};
  ASSERT_TRUE(support::run(loop_, read_some(**stream, buffer, Clock::now() + 5s)));

  EXPECT_EQ(support::run(loop_, (*stream)->wait(Want::kRead, Clock::now() + 5s)),
            WaitStatus::kReady);
}

TEST_F(TlsTest, ResumesTheSessionOfAnEarlierConnection) {
  ScriptedOrigin origin({Script().send("hello")}, authority_.issue());
  for (int i = 0; i < 2; ++i) {
    const Connected stream = connect(origin.port());
    ASSERT_TRUE(stream);
    read_all(**stream);
    (*stream)->close();
  }

  EXPECT_EQ(origin.resumed(), 1U);
}

TEST_F(TlsTest, DoesNotResumeTheSessionOfAnotherName) {
  ScriptedOrigin origin({Script().send("hello")}, authority_.issue());
  for (const char* const name : {"localhost", "127.0.0.1"}) {
    const Connected stream = connect(origin.port(), name);
    ASSERT_TRUE(stream);
    read_all(**stream);
  }

  EXPECT_EQ(origin.resumed(), 0U);
}

TEST_F(TlsTest, SaysThatTheServerSpeaksNoTls) {
  ScriptedOrigin origin({Script().send("HTTP/1.1 400 Bad Request\r\n\r\n").hold()});

  const Connected stream = connect(origin.port());

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::kOriginUnreachable);
  EXPECT_THAT(stream.error().detail, StartsWith("tls: "));
}

TEST_F(TlsTest, SaysThatTheHandshakeTakesTooLong) {
  ScriptedOrigin origin({Script().hold()});

  const Connected stream = connect(origin.port(), *context_, "localhost", 50ms);

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::kOriginTimeout);
  EXPECT_EQ(stream.error().detail, "tls: the handshake timed out");
}

TEST_F(TlsTest, SaysThatAHandshakeThatHasBegunTakesTooLong) {
  ScriptedOrigin origin({Script().send(std::string("\x16\x03\x03\x00\x50\x02\x00", 7)).hold()});

  const Connected stream = connect(origin.port(), *context_, "localhost", 50ms);

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().detail, "tls: the handshake timed out");
}

TEST_F(TlsTest, SaysThatTheServerEndsTheHandshake) {
  ScriptedOrigin origin({Script()});

  const Connected stream = connect(origin.port());

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::kOriginUnreachable);
  // With the client's hello unread in its socket, the server's end is a reset.
  EXPECT_THAT(stream.error().detail, StartsWith("tls: "));
}

TEST_F(TlsTest, FailsOnceClosed) {
  ScriptedOrigin origin({Script().hold()}, authority_.issue());
  const Connected stream = connect(origin.port());
  ASSERT_TRUE(stream);
  (*stream)->close();
  (*stream)->close();
  std::array<char, 1> buffer{};
  const iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};

  EXPECT_EQ((*stream)->try_read(buffer).status, IoStatus::kFailed);
  EXPECT_EQ((*stream)->try_write(std::span(&part, 1), More::kNo).status, IoStatus::kFailed);
}

TEST(TlsClientContextTest, NamesAnAuthorityFileItCannotRead) {
  const auto context = TlsClientContext::create({.ca_file = "/nonexistent/ca.pem"});

  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::kConfiguration);
  EXPECT_THAT(context.error().detail, HasSubstr("/nonexistent/ca.pem"));
}

TEST(TlsClientContextTest, RefusesAnAuthorityFileWithoutCertificates) {
  const auto context = TlsClientContext::create({.ca_file = "/dev/null"});

  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::kConfiguration);
}

}  // namespace
}  // namespace yatagarasu::io
