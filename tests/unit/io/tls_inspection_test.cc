#include "io/tls_inspection.h"

#include "core/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "support/certificates.h"
#include "support/run.h"
#include "support/scripted_origin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace yatagarasu::io {
namespace {

using namespace std::chrono_literals;
using support::CertificateAuthority;
using support::Script;
using support::ScriptedOrigin;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TlsInspectionTest : public ::testing::Test {
 protected:
  core::Result<TlsInspection> inspect(std::uint16_t port, const TlsClientOptions& options,
                                      Duration timeout = 5s) {
    const TimePoint deadline = Clock::now() + timeout;
    auto transport = support::run(
        loop_, TcpStream::connect(loop_, {asio::ip::address_v4::loopback(), port}, deadline));
    return support::run(loop_, tls_inspect(std::move(*transport), options, "localhost", deadline));
  }
  TlsClientOptions trusting() const { return {.ca_file = authority_.file()}; }

  CertificateAuthority authority_;
  Loop loop_{0};
};

TEST_F(TlsInspectionTest, TellsWhatTheServerShows) {
  const ScriptedOrigin origin({Script().hold()}, authority_.issue());
  const auto now = std::chrono::system_clock::now();

  const auto seen = inspect(origin.port(), trusting());

  ASSERT_TRUE(seen) << seen.error().detail;
  EXPECT_EQ(seen->protocol, "TLSv1.3");
  EXPECT_EQ(seen->fault, CertificateFault::kNone);
  EXPECT_EQ(seen->fault_detail, "");
  EXPECT_THAT(seen->names, ElementsAre("localhost", "127.0.0.1"));
  EXPECT_EQ(seen->issuer, "/CN=Test authority");
  EXPECT_GT(seen->valid_until, now + 30min);
  EXPECT_LT(seen->valid_until, now + 90min);
}

TEST_F(TlsInspectionTest, LooksAlsoAtWhatIsNotToBeTrusted) {
  const CertificateAuthority stranger;
  struct Case {
    CertificateAuthority::Request certificate;
    std::string ca_file;
    CertificateFault fault;
  };
  for (const Case& each : {
           Case{{.valid_until_s = -60}, authority_.file(), CertificateFault::kExpired},
           Case{{.valid_from_s = 60}, authority_.file(), CertificateFault::kNotYetValid},
           Case{{.names = "DNS:a.test,IP:::1"}, authority_.file(), CertificateFault::kOtherName},
           Case{{}, stranger.file(), CertificateFault::kUnknownIssuer},
       }) {
    const ScriptedOrigin origin({Script().hold()}, authority_.issue(each.certificate));

    const auto seen = inspect(origin.port(), {.ca_file = each.ca_file});

    ASSERT_TRUE(seen) << seen.error().detail;
    EXPECT_EQ(seen->fault, each.fault) << seen->fault_detail;
    EXPECT_NE(seen->fault_detail, "");
  }
}

TEST_F(TlsInspectionTest, ManyNamesAreCutShort) {
  std::string names = "IP:::1,DNS:localhost";
  for (int i = 0; i < 100; ++i) names += ",DNS:n" + std::to_string(i) + ".test";
  const ScriptedOrigin origin({Script().hold()}, authority_.issue({.names = names}));

  const auto seen = inspect(origin.port(), trusting());

  ASSERT_TRUE(seen) << seen.error().detail;
  EXPECT_EQ(seen->names.size(), TlsInspection::kMaxNames);
  EXPECT_EQ(seen->names.front(), "::1");
}

TEST_F(TlsInspectionTest, APlainServerFailsTheHandshake) {
  const ScriptedOrigin origin({Script().send("HTTP/1.1 400 Bad Request\r\n\r\n").hold()});

  const auto seen = inspect(origin.port(), trusting());

  ASSERT_FALSE(seen);
  EXPECT_THAT(seen.error().detail, HasSubstr("wrong version number"));
}

TEST_F(TlsInspectionTest, ASilentServerTimesOut) {
  const ScriptedOrigin origin({Script().hold()});

  const auto seen = inspect(origin.port(), trusting(), 50ms);

  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, core::ErrorCode::kOriginTimeout);
}

TEST_F(TlsInspectionTest, AuthoritiesThatCannotBeLoadedAreTheConfigurations) {
  const ScriptedOrigin origin({Script().hold()}, authority_.issue());

  const auto seen = inspect(origin.port(), {.ca_file = "/no/such/file"});

  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code, core::ErrorCode::kConfiguration);
}

}  // namespace
}  // namespace yatagarasu::io
