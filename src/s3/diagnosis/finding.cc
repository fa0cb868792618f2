#include "s3/diagnosis/finding.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::s3::diagnosis {

std::string_view name_of(Check check) {
  switch (check) {
    case Check::kName: return "dns";
    case Check::kConnection: return "tcp";
    case Check::kTls: return "tls";
    case Check::kAnswer: return "answer";
    case Check::kClock: return "clock";
    case Check::kCredentials: return "credentials";
    case Check::kRegion: return "region";
    case Check::kBucket: return "bucket";
    case Check::kListBucket: return "ListBucket";
    case Check::kGetObject: return "GetObject";
    case Check::kIndexDocument: return "index";
  }
  return "";
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk: return "ok";
    case Outcome::kSkipped: return "skipped";
    case Outcome::kWarning: return "warn";
    case Outcome::kFailure: return "FAIL";
  }
  return "";
}

Finding ok(Check check, std::string cause) {
  return {.check = check, .outcome = Outcome::kOk, .cause = std::move(cause), .fix = {}};
}

Finding skipped(Check check, std::string cause) {
  return {.check = check, .outcome = Outcome::kSkipped, .cause = std::move(cause), .fix = {}};
}

Finding warning(Check check, std::string cause, std::string fix) {
  return {.check = check,
          .outcome = Outcome::kWarning,
          .cause = std::move(cause),
          .fix = std::move(fix)};
}

Finding failure(Check check, std::string cause, std::string fix) {
  return {.check = check,
          .outcome = Outcome::kFailure,
          .cause = std::move(cause),
          .fix = std::move(fix)};
}

Outcome gravest(const std::vector<Finding>& findings) {
  Outcome worst = Outcome::kOk;
  for (const Finding& finding : findings) worst = std::max(worst, finding.outcome);
  return worst;
}

void skip_missing(std::vector<Finding>& findings, Check last) {
  const auto failed =
      std::ranges::find(findings.rbegin(), findings.rend(), Outcome::kFailure, &Finding::outcome);
  const std::string cause = failed == findings.rend()
                                ? "not asked"
                                : "not asked: " + std::string(name_of(failed->check)) + " failed";
  for (std::size_t index = 0; index <= static_cast<std::size_t>(last); ++index) {
    const auto check = static_cast<Check>(index);
    if (std::ranges::find(findings, check, &Finding::check) == findings.end()) {
      findings.push_back(skipped(check, cause));
    }
  }
  std::ranges::sort(findings, {}, &Finding::check);
}

}  // namespace yatagarasu::s3::diagnosis
