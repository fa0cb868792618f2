#include "app/doctor_report.h"

#include "app/doctor.h"
#include "s3/diagnosis/finding.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace yatagarasu::app {
namespace {

using s3::diagnosis::Check;

BucketDiagnosis bucket(std::string name, std::vector<s3::diagnosis::Finding> findings) {
  return {.name = std::move(name), .place = "inner at http://store", .findings = findings};
}

TEST(DoctorReportTest, HasAHeadingALineForEachCheckAndASummary) {
  const std::vector<BucketDiagnosis> diagnoses = {
      bucket("a", {ok(Check::kName, "store has 192.0.2.1"),
                   failure(Check::kConnection, "refused", "start it"),
                   skipped(Check::kTls, "not asked: tcp failed")}),
      bucket("b", {ok(Check::kName, "fine")}),
      bucket("c", {warning(Check::kListBucket, "denied", "allow it")})};

  EXPECT_EQ(render_report(diagnoses),
            "a: inner at http://store\n"
            "  ok       dns          store has 192.0.2.1\n"
            "  FAIL     tcp          refused\n"
            "                        fix: start it\n"
            "  skipped  tls          not asked: tcp failed\n"
            "\n"
            "b: inner at http://store\n"
            "  ok       dns          fine\n"
            "\n"
            "c: inner at http://store\n"
            "  warn     ListBucket   denied\n"
            "                        fix: allow it\n"
            "\n"
            "3 buckets asked: 1 ok, 1 with warnings, 1 failed (a)\n");
}

TEST(DoctorReportTest, WhatTheOtherSideSaysStaysOnItsLine) {
  const std::string report =
      render_report({bucket("a", {ok(Check::kListBucket, "x\n  ok all\x1b[2J\xc2\x9b")})});

  EXPECT_NE(report.find("x\\n  ok all\\u001b[2J\\u009b\n"), std::string::npos) << report;
}

TEST(DoctorReportTest, WarningsDoNotMakeItUnhealthy) {
  const auto warned = bucket("a", {warning(Check::kListBucket, "denied", "allow it")});
  const auto failed = bucket("b", {failure(Check::kName, "gone", "correct it")});

  EXPECT_TRUE(is_healthy({warned}));
  EXPECT_FALSE(is_healthy({warned, failed}));
}

}  // namespace
}  // namespace yatagarasu::app
