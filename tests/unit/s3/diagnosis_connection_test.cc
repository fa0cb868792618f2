#include "core/result.h"
#include "diagnosis.h"
#include "io/tls_inspection.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/judge_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace yatagarasu::s3::diagnosis {
namespace {

using namespace std::chrono_literals;
using core::ErrorCode;
using io::CertificateFault;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Options https(std::string endpoint = "https://store.test") {
  Options options = own_store();
  options.endpoint = std::move(endpoint);
  return options;
}

Options virtual_host() {
  Options options = https();
  options.addressing = Addressing::kVirtual;
  return options;
}

TEST(JudgeNameTest, NamesTheAddresses) {
  const Finding found =
      judge_name(subject_of(own_store()), std::vector<std::string>{"192.0.2.1", "2001:db8::1"});

  EXPECT_EQ(found, ok(Check::kName, "store.test has 192.0.2.1, 2001:db8::1"));
}

TEST(JudgeNameTest, AnAddressIsItsOwn) {
  Options options = own_store();
  options.endpoint = "http://192.0.2.1:9000";

  const Finding found = judge_name(subject_of(options), std::vector<std::string>{"192.0.2.1"});

  EXPECT_EQ(found, ok(Check::kName, "192.0.2.1 is an address"));
}

TEST(JudgeNameTest, TheFixNamesTheKeyThatTheHostComesFrom) {
  struct Case {
    Options options;
    ErrorCode code;
    std::string fix;
  };
  for (const Case& each : {
           Case{own_store(), ErrorCode::kOriginUnreachable, "host in s3.endpoint"},
           Case{virtual_host(), ErrorCode::kOriginUnreachable, "s3.addressing to path"},
           Case{aws(), ErrorCode::kOriginUnreachable, "s3.region, us-east-1"},
           Case{aws(), ErrorCode::kOriginTimeout, "name servers"},
       }) {
    const Finding found =
        judge_name(subject_of(each.options), core::failure(each.code, "dns: trouble"));

    EXPECT_EQ(found.outcome, Outcome::kFailure);
    EXPECT_EQ(found.cause, "dns: trouble");
    EXPECT_THAT(found.fix, HasSubstr(each.fix));
  }
}

const core::Error kRefused{ErrorCode::kOriginUnreachable, "connect: Connection refused"};
const core::Error kSilent{ErrorCode::kOriginTimeout, "connect timed out"};
const core::Error kNoRoute{ErrorCode::kOriginUnreachable, "connect: Network is unreachable"};

TEST(JudgeConnectionsTest, AllThatAcceptAreFine) {
  const Finding found = judge_connections(
      subject_of(own_store()),
      {{.address = "192.0.2.1", .failed = {}}, {.address = "192.0.2.2", .failed = {}}});

  EXPECT_EQ(found, ok(Check::kConnection, "port 9000 accepts connections"));
}

TEST(JudgeConnectionsTest, OneThatDoesNotIsAWarning) {
  const Finding found = judge_connections(
      subject_of(own_store()),
      {{.address = "192.0.2.1", .failed = kRefused}, {.address = "192.0.2.2", .failed = {}}});

  EXPECT_EQ(found.outcome, Outcome::kWarning);
  EXPECT_THAT(found.cause, StartsWith("1 of 2 addresses"));
  EXPECT_THAT(found.cause, HasSubstr("192.0.2.1: connect: Connection refused"));
}

TEST(JudgeConnectionsTest, NoneIsAFailureWithAFixForItsKind) {
  struct Case {
    core::Error error;
    std::string fix;
  };
  for (const Case& each : {
           Case{kRefused, "nothing listens on port 9000"},
           Case{kSilent, "s3.timeouts.connect (3000 ms)"},
           Case{kNoRoute, "routes"},
       }) {
    const Finding found = judge_connections(subject_of(own_store()),
                                            {{.address = "192.0.2.1", .failed = each.error}});

    EXPECT_EQ(found.outcome, Outcome::kFailure);
    EXPECT_EQ(found.cause, "192.0.2.1: " + each.error.detail);
    EXPECT_THAT(found.fix, HasSubstr(each.fix));
  }
}

io::TlsInspection certificate(std::chrono::seconds left = std::chrono::days(100)) {
  return {.protocol = "TLSv1.3",
          .fault = CertificateFault::kNone,
          .fault_detail = {},
          .names = {"store.test", "*.store.test"},
          .issuer = "/O=Authority",
          .valid_until = kNow + left};
}

TEST(JudgeTlsTest, TellsTheCertificate) {
  const Finding found = judge_tls(subject_of(https()), certificate(), kNow);

  EXPECT_EQ(found,
            ok(Check::kTls,
               "TLSv1.3; the certificate is for store.test, *.store.test, issued by /O=Authority, "
               "valid until Fri, 12 Jun 2026 05:00:00 GMT"));
}

TEST(JudgeTlsTest, ACertificateThatEndsSoonIsAWarning) {
  struct Case {
    std::chrono::seconds left;
    Outcome outcome;
  };
  for (const Case& each :
       {Case{std::chrono::days(14), Outcome::kOk},
        Case{std::chrono::days(14) - 1s, Outcome::kWarning}, Case{1s, Outcome::kWarning}}) {
    const Finding found = judge_tls(subject_of(https()), certificate(each.left), kNow);

    EXPECT_EQ(found.outcome, each.outcome) << each.left.count();
  }
}

TEST(JudgeTlsTest, ACertificateThatIsNotTrustedIsAFailureWithAFixForItsFault) {
  Options with_file = https();
  with_file.tls.ca_file = "/etc/ca.pem";
  struct Case {
    Options options;
    CertificateFault fault;
    std::string fix;
  };
  for (const Case& each : {
           Case{https(), CertificateFault::kExpired, "renew"},
           Case{https(), CertificateFault::kNotYetValid, "clock"},
           Case{https(), CertificateFault::kOtherName, "s3.endpoint as its certificate does"},
           Case{virtual_host(), CertificateFault::kOtherName, "s3.addressing to path"},
           Case{https(), CertificateFault::kUnknownIssuer, "s3.tls.ca_file"},
           Case{with_file, CertificateFault::kUnknownIssuer, "into /etc/ca.pem"},
           Case{https(), CertificateFault::kOther, "correct the store's certificate"},
       }) {
    io::TlsInspection seen = certificate();
    seen.fault = each.fault;
    seen.fault_detail = "trouble";

    const Finding found = judge_tls(subject_of(each.options), seen, kNow);

    EXPECT_EQ(found.outcome, Outcome::kFailure);
    EXPECT_THAT(found.cause, StartsWith("trouble; it is for store.test"));
    EXPECT_THAT(found.fix, HasSubstr(each.fix));
  }
}

TEST(JudgeTlsTest, WithoutVerificationTheCertificateDoesNotMatterButIsAWarning) {
  Options options = https();
  options.tls.verify = false;
  io::TlsInspection seen = certificate();
  seen.fault = CertificateFault::kUnknownIssuer;

  const Finding found = judge_tls(subject_of(options), seen, kNow);

  EXPECT_EQ(found.outcome, Outcome::kWarning);
  EXPECT_THAT(found.fix, StartsWith("set s3.tls.verify to true"));
}

TEST(JudgeTlsTest, AHandshakeThatFailsHasAFixForItsKind) {
  struct Case {
    core::Error error;
    std::string fix;
  };
  for (const Case& each : {
           Case{{ErrorCode::kOriginUnreachable, "tls: wrong version number"}, "write http://"},
           Case{{ErrorCode::kOriginUnreachable, "tls: unsupported protocol"}, "TLS 1.2"},
           Case{{ErrorCode::kOriginTimeout, "tls: the handshake timed out"}, "connect"},
           Case{{ErrorCode::kConfiguration, "tls: cannot load"}, "s3.tls.ca_file"},
       }) {
    const Finding found = judge_tls(subject_of(https()), std::unexpected(each.error), kNow);

    EXPECT_EQ(found.outcome, Outcome::kFailure);
    EXPECT_EQ(found.cause, each.error.detail);
    EXPECT_THAT(found.fix, HasSubstr(each.fix));
  }
}

TEST(JudgeTlsTest, PlainHttpHasNothingToLookAt) {
  EXPECT_EQ(without_tls().outcome, Outcome::kSkipped);
  EXPECT_THAT(without_tls().fix, IsEmpty());
}

}  // namespace
}  // namespace yatagarasu::s3::diagnosis
