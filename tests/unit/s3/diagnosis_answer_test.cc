#include "core/result.h"
#include "core/secret.h"
#include "diagnosis.h"
#include "s3/diagnosis/answer.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/judge_answer.h"
#include "s3/diagnosis/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace yatagarasu::s3::diagnosis {
namespace {

using namespace std::chrono_literals;
using core::ErrorCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(JudgeAnswerTest, OnlyWhoSpeaksS3AndWorksIsGoneOnWith) {
  struct Case {
    Asked asked;
    Outcome outcome;
    std::string fix;
  };
  for (const Case& each : {
           Case{listed(), Outcome::kOk, ""},
           Case{refused(403, "AccessDenied"), Outcome::kOk, ""},
           Case{refused(404, "NoSuchBucket"), Outcome::kOk, ""},
           Case{refused(400, "SomethingNew"), Outcome::kOk, ""},
           // The region in a field, without a body: S3's answer to some redirects.
           Case{refused(301, "", "eu-west-1"), Outcome::kOk, ""},
           Case{refused(200, ""), Outcome::kFailure, "the S3 API"},  // A web page.
           Case{refused(301, ""), Outcome::kFailure, "the S3 API"},
           Case{refused(403, ""), Outcome::kFailure, "the S3 API"},
           Case{refused(400, ""), Outcome::kFailure, "https://"},  // HTTP to a TLS port.
           Case{refused(500, "InternalError"), Outcome::kFailure, "the store's own log"},
           Case{refused(501, "NotImplemented"), Outcome::kFailure, "the store's own log"},
           Case{refused(502, ""), Outcome::kFailure, "the store's own log"},
           Case{refused(503, "SlowDown"), Outcome::kFailure, "later"},
           Case{refused(429, ""), Outcome::kFailure, "later"},
           Case{core::failure(ErrorCode::kOriginTimeout, "x"), Outcome::kFailure,
                "s3.timeouts.first_byte (15000 ms)"},
           Case{core::failure(ErrorCode::kOriginMalformed, "x"), Outcome::kFailure, "https://"},
           Case{core::failure(ErrorCode::kOriginUnreachable, "x"), Outcome::kFailure, "port"},
       }) {
    const Finding found = judge_answer(subject_of(own_store()), each.asked);

    EXPECT_EQ(found.outcome, each.outcome) << found.cause;
    EXPECT_THAT(found.fix, HasSubstr(each.fix)) << found.cause;
    EXPECT_THAT(found.cause, Not(IsEmpty()));
  }
}

Answer with_clock(std::chrono::seconds ahead, Answer answer = listed()) {
  answer.received = *answer.date + ahead;
  return answer;
}

TEST(JudgeClockTest, MinutesAreAWarningAndAQuarterOfAnHourAFailure) {
  struct Case {
    std::chrono::seconds ahead;
    Outcome outcome;
    std::string cause;
  };
  for (const Case& each : {
           Case{0s, Outcome::kOk, "within a minute"},
           Case{60s, Outcome::kOk, "within a minute"},
           Case{-60s, Outcome::kOk, "within a minute"},
           Case{61s, Outcome::kWarning, "61 s ahead of"},
           Case{-119s, Outcome::kWarning, "119 s behind"},
           Case{15min, Outcome::kWarning, "15 min ahead of"},
           Case{15min + 1s, Outcome::kFailure, "15 min ahead of"},
           Case{-20min, Outcome::kFailure, "20 min behind"},
       }) {
    const Finding found = judge_clock(subject_of(own_store()), with_clock(each.ahead));

    EXPECT_EQ(found.outcome, each.outcome) << each.ahead.count();
    EXPECT_THAT(found.cause, HasSubstr(each.cause));
  }
}

TEST(JudgeClockTest, UnsignedRequestsWorkWithAnyClock) {
  EXPECT_EQ(judge_clock(subject_of(unsigned_store()), with_clock(20min)).outcome,
            Outcome::kWarning);
}

TEST(JudgeClockTest, TheWordOfS3Counts) {
  Answer refusal = refused(403, "RequestTimeTooSkewed");

  EXPECT_EQ(judge_clock(subject_of(own_store()), refusal).outcome, Outcome::kFailure);
  refusal.date.reset();
  EXPECT_EQ(judge_clock(subject_of(own_store()), refusal).outcome, Outcome::kFailure);
}

TEST(JudgeClockTest, WithoutADateThereIsNothingToCompare) {
  Answer answer = listed();
  answer.date.reset();

  EXPECT_EQ(judge_clock(subject_of(own_store()), answer).outcome, Outcome::kSkipped);
}

TEST(JudgeCredentialsTest, EachRefusalHasItsOwnFix) {
  struct Case {
    Answer answer;
    Outcome outcome;
    std::string fix;
  };
  for (const Case& each : {
           Case{listed(), Outcome::kOk, ""},
           Case{refused(403, "AccessDenied"), Outcome::kOk, ""},
           Case{refused(404, "NoSuchBucket"), Outcome::kOk, ""},
           Case{refused(403, "InvalidAccessKeyId"), Outcome::kFailure, "s3.access_key"},
           Case{refused(404, "XAdminUserNotFound"), Outcome::kFailure, "s3.access_key"},
           Case{refused(403, "SignatureDoesNotMatch"), Outcome::kFailure, "s3.secret_key"},
           Case{refused(400, "ExpiredToken"), Outcome::kFailure, "new temporary credentials"},
           Case{refused(400, "InvalidToken"), Outcome::kFailure, "set s3.session_token"},
           Case{refused(403, "AccountProblem"), Outcome::kFailure, "account"},
           Case{refused(403, "RequestTimeTooSkewed"), Outcome::kSkipped, ""},
           Case{refused(400, "AuthorizationHeaderMalformed", "eu-west-1"), Outcome::kSkipped, ""},
           Case{refused(400, "SomethingNew"), Outcome::kSkipped, ""},
       }) {
    const Finding found = judge_credentials(subject_of(own_store()), each.answer);

    EXPECT_EQ(found.outcome, each.outcome) << each.answer.error.code;
    EXPECT_THAT(found.fix, HasSubstr(each.fix));
  }
}

TEST(JudgeCredentialsTest, ATemporaryKeyWithoutItsTokenIsKnownByItsBeginning) {
  Options options = own_store();
  options.access_key = core::Secret("ASIATEMPORARY");
  const Answer answer = refused(403, "InvalidAccessKeyId");

  EXPECT_THAT(judge_credentials(subject_of(options), answer).fix, HasSubstr("s3.session_token"));
  options.session_token = core::Secret("token");
  EXPECT_THAT(judge_credentials(subject_of(options), answer).fix,
              Not(HasSubstr("s3.session_token")));
}

TEST(JudgeCredentialsTest, APublicBucketHasNone) {
  EXPECT_EQ(judge_credentials(subject_of(unsigned_store()), listed()).outcome, Outcome::kSkipped);
}

Answer in_region(Answer answer, std::string region) {
  answer.error.region = std::move(region);
  return answer;
}

TEST(JudgeRegionTest, S3NamesTheRightOne) {
  struct Case {
    Options options;
    Answer answer;
    Outcome outcome;
    std::string fix;
  };
  for (const Case& each : {
           Case{aws(), listed(), Outcome::kOk, ""},
           Case{aws(), in_region(listed(), "us-east-1"), Outcome::kOk, ""},
           Case{own_store(), in_region(listed(), "store-1"), Outcome::kWarning, "store-1"},
           Case{aws(), refused(400, "AuthorizationHeaderMalformed", "eu-west-1"), Outcome::kFailure,
                "set s3.region to eu-west-1"},
           Case{own_store(), refused(301, "PermanentRedirect", "eu-west-1"), Outcome::kFailure,
                "and s3.endpoint to that region's"},
           Case{aws(), refused(301, "", "eu-west-1"), Outcome::kFailure, "eu-west-1"},
           Case{aws(), refused(301, "PermanentRedirect"), Outcome::kFailure,
                "get-bucket-location --bucket inner"},
           Case{aws(), refused(404, "NoSuchBucket"), Outcome::kOk, ""},
           Case{aws(), refused(403, "AccessDenied"), Outcome::kOk, ""},
           Case{aws(), refused(403, "SignatureDoesNotMatch"), Outcome::kSkipped, ""},
           Case{unsigned_store(), listed(), Outcome::kSkipped, ""},
           Case{unsigned_store(), refused(301, "PermanentRedirect", "eu-west-1"), Outcome::kFailure,
                "eu-west-1"},
       }) {
    const Finding found = judge_region(subject_of(each.options), each.answer);

    EXPECT_EQ(found.outcome, each.outcome) << each.answer.error.code << ' ' << found.cause;
    EXPECT_THAT(found.fix, HasSubstr(each.fix));
  }
}

TEST(JudgeBucketTest, IsThereUnlessS3SaysOtherwise) {
  struct Case {
    Answer answer;
    Outcome outcome;
  };
  for (const Case& each : {
           Case{listed(), Outcome::kOk},
           Case{refused(404, "NoSuchBucket"), Outcome::kFailure},
           Case{refused(400, "InvalidBucketName"), Outcome::kFailure},
           Case{refused(403, "AccessDenied"), Outcome::kSkipped},
           Case{refused(403, "SignatureDoesNotMatch"), Outcome::kSkipped},
       }) {
    const Finding found = judge_bucket(subject_of(own_store()), each.answer);

    EXPECT_EQ(found.outcome, each.outcome) << each.answer.error.code;
    if (each.outcome == Outcome::kFailure) EXPECT_THAT(found.fix, HasSubstr("s3.bucket"));
  }
}

TEST(JudgeListingTest, ADeniedOneIsAWarning) {
  const Finding found = judge_listing(subject_of(own_store()), refused(403, "AccessDenied"));

  EXPECT_EQ(found.outcome, Outcome::kWarning);
  EXPECT_THAT(found.fix, HasSubstr("s3:ListBucket on arn:aws:s3:::inner to these credentials"));
}

TEST(JudgeListingTest, TellsTheFirstKey) {
  Options with_prefix = own_store();
  with_prefix.key_prefix = "site/";

  EXPECT_EQ(judge_listing(subject_of(own_store()), listed("a/b")),
            ok(Check::kListBucket, "the first key is a/b"));
  EXPECT_EQ(judge_listing(subject_of(own_store()), listed(std::nullopt)),
            ok(Check::kListBucket, "the bucket is empty"));
  const Finding found = judge_listing(subject_of(with_prefix), listed(std::nullopt));
  EXPECT_EQ(found.outcome, Outcome::kWarning);
  EXPECT_EQ(found.cause, "no key begins with site/");
}

TEST(JudgeListingTest, AnUnknownRefusalIsAFailure) {
  EXPECT_EQ(judge_listing(subject_of(own_store()), refused(400, "SomethingNew")).outcome,
            Outcome::kFailure);
}

TEST(RefusalTest, WhatSaysNothingAboutOtherRequestsIsNotFinal) {
  for (const Refusal each : {Refusal::kNone, Refusal::kNoObject, Refusal::kArchived,
                             Refusal::kDenied, Refusal::kOther}) {
    EXPECT_FALSE(is_final(each));
  }
  for (const Refusal each : {Refusal::kUnknownKey, Refusal::kClock, Refusal::kRegion,
                             Refusal::kNoBucket, Refusal::kFailing, Refusal::kForeign}) {
    EXPECT_TRUE(is_final(each));
  }
}

}  // namespace
}  // namespace yatagarasu::s3::diagnosis
