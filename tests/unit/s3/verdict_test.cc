#include "s3/verdict.h"

#include "client/course.h"
#include "core/result.h"

#include <gtest/gtest.h>

#include <string_view>

namespace yatagarasu::s3 {
namespace {

using client::Stage;
using core::ErrorCode;

constexpr Verdict kWell{.origin = Verdict::Origin::kWell};
constexpr Verdict kFailing{.origin = Verdict::Origin::kFailing};
constexpr Verdict kFailingAndRetry{.origin = Verdict::Origin::kFailing, .may_retry = true};
constexpr Verdict kUnknown{};

struct StatusCase {
  int status;
  Verdict verdict;
};

class StatusVerdictTest : public ::testing::TestWithParam<StatusCase> {};

TEST_P(StatusVerdictTest, OnlyAServersFailureIsOne) {
  EXPECT_EQ(judge_status(GetParam().status), GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(
    Table, StatusVerdictTest,
    ::testing::Values(StatusCase{200, kWell}, StatusCase{206, kWell}, StatusCase{304, kWell},
                      StatusCase{301, kWell}, StatusCase{400, kWell}, StatusCase{403, kWell},
                      StatusCase{404, kWell}, StatusCase{408, kWell}, StatusCase{412, kWell},
                      StatusCase{416, kWell}, StatusCase{429, kWell},
                      StatusCase{500, kFailingAndRetry}, StatusCase{501, kWell},
                      StatusCase{502, kFailingAndRetry}, StatusCase{503, kFailingAndRetry},
                      StatusCase{504, kFailingAndRetry}, StatusCase{505, kWell}));

struct FailureCase {
  ErrorCode code;
  Stage stage;
  Verdict verdict;
  std::string_view name;
};

class FailureVerdictTest : public ::testing::TestWithParam<FailureCase> {};

TEST_P(FailureVerdictTest, IsToldByWhatItWasAt) {
  const auto& [code, stage, verdict, name] = GetParam();

  EXPECT_EQ(judge_failure(code, stage), verdict);
  EXPECT_EQ(failure_name(code, stage), name);
}

INSTANTIATE_TEST_SUITE_P(
    Table, FailureVerdictTest,
    ::testing::Values(
        FailureCase{ErrorCode::kOriginUnreachable, Stage::kConnecting, kFailingAndRetry, "connect"},
        FailureCase{ErrorCode::kOriginUnreachable, Stage::kSecuring, kFailingAndRetry, "tls"},
        FailureCase{ErrorCode::kOriginUnreachable, Stage::kExchanging, kFailingAndRetry, "reset"},
        FailureCase{ErrorCode::kOriginTimeout, Stage::kConnecting, kFailingAndRetry, "timeout"},
        FailureCase{ErrorCode::kOriginTimeout, Stage::kSecuring, kFailingAndRetry, "timeout"},
        FailureCase{ErrorCode::kOriginTimeout, Stage::kExchanging, kFailing, "timeout"},
        FailureCase{ErrorCode::kOriginMalformed, Stage::kExchanging, kFailing, "malformed"},
        FailureCase{ErrorCode::kOverloaded, Stage::kQueued, kUnknown, ""},
        FailureCase{ErrorCode::kShuttingDown, Stage::kQueued, kUnknown, ""},
        FailureCase{ErrorCode::kCancelled, Stage::kConnecting, kUnknown, ""},
        FailureCase{ErrorCode::kSystem, Stage::kConnecting, kUnknown, ""}));

}  // namespace
}  // namespace yatagarasu::s3
