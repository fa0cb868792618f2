#include "core/result.h"
#include "diagnosis.h"
#include "s3/diagnosis/answer.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/judge_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace yatagarasu::s3::diagnosis {
namespace {

using Kind = Tried::Kind;
using core::ErrorCode;
using ::testing::HasSubstr;

TEST(JudgeObjectTest, WhatAnAnswerMeansDependsOnHowTheObjectIsKnown) {
  struct Case {
    Kind kind;
    MayList may_list;
    Asked asked;
    Outcome outcome;
    std::string fix;
  };
  const Answer denied = refused(403, "AccessDenied");
  const Answer missing = refused(404, "NoSuchKey");
  for (const Case& each : {
           Case{Kind::kListed, MayList::kYes, refused(206, ""), Outcome::kOk, ""},
           Case{Kind::kListed, MayList::kYes, refused(200, ""), Outcome::kOk, ""},
           // An empty object has no first byte.
           Case{Kind::kListed, MayList::kYes, refused(416, "InvalidRange"), Outcome::kOk, ""},
           Case{Kind::kListed, MayList::kYes, missing, Outcome::kOk, ""},
           Case{Kind::kListed, MayList::kYes, denied, Outcome::kFailure,
                "s3:GetObject on arn:aws:s3:::inner/*"},
           Case{Kind::kListed, MayList::kYes, refused(403, "InvalidObjectState"), Outcome::kWarning,
                "restore"},
           Case{Kind::kMadeUp, MayList::kYes, missing, Outcome::kOk, ""},
           Case{Kind::kMadeUp, MayList::kYes, denied, Outcome::kFailure, "s3:GetObject"},
           Case{Kind::kMadeUp, MayList::kNo, missing, Outcome::kOk, ""},
           Case{Kind::kMadeUp, MayList::kNo, denied, Outcome::kWarning, "--key"},
           Case{Kind::kMadeUp, MayList::kNo, refused(404, "NoSuchBucket"), Outcome::kFailure,
                "s3.bucket"},
           Case{Kind::kNamed, MayList::kNo, refused(206, ""), Outcome::kOk, ""},
           Case{Kind::kNamed, MayList::kNo, denied, Outcome::kFailure, "s3:ListBucket"},
           Case{Kind::kNamed, MayList::kYes, missing, Outcome::kFailure, "an object that exists"},
           Case{Kind::kListed, MayList::kYes, refused(503, "SlowDown"), Outcome::kFailure, ""},
           Case{Kind::kListed, MayList::kYes, refused(400, "SomethingNew"), Outcome::kFailure, ""},
           Case{Kind::kListed, MayList::kYes, core::failure(ErrorCode::kOriginTimeout, "late"),
                Outcome::kFailure, "again"},
       }) {
    const Finding found = judge_object(subject_of(own_store()), {.kind = each.kind, .key = "k"},
                                       each.asked, each.may_list);

    EXPECT_EQ(found.outcome, each.outcome) << found.cause;
    EXPECT_THAT(found.fix, HasSubstr(each.fix)) << found.cause;
  }
}

TEST(JudgeIndexTest, OneThatIsNotThereIsAWarning) {
  EXPECT_EQ(judge_index("site/index.html", refused(206, "")),
            ok(Check::kIndexDocument, "site/index.html is there"));
  EXPECT_EQ(judge_index("i", refused(404, "NoSuchKey")).outcome, Outcome::kWarning);
  EXPECT_EQ(judge_index("i", core::failure(ErrorCode::kOriginTimeout, "late")).outcome,
            Outcome::kWarning);
}

TEST(FindingTest, WhatWasNotAskedIsSkippedBecauseOfWhatFailed) {
  std::vector<Finding> findings = {ok(Check::kName, "a"), failure(Check::kTls, "b", "c"),
                                   warning(Check::kConnection, "d", "e")};

  skip_missing(findings, Check::kCredentials);

  EXPECT_EQ(findings,
            (std::vector<Finding>{ok(Check::kName, "a"), warning(Check::kConnection, "d", "e"),
                                  failure(Check::kTls, "b", "c"),
                                  skipped(Check::kAnswer, "not asked: tls failed"),
                                  skipped(Check::kClock, "not asked: tls failed"),
                                  skipped(Check::kCredentials, "not asked: tls failed")}));
  EXPECT_EQ(gravest(findings), Outcome::kFailure);
}

TEST(FindingTest, TheGravestOfNothingIsFine) {
  EXPECT_EQ(gravest({}), Outcome::kOk);
}

}  // namespace
}  // namespace yatagarasu::s3::diagnosis
