#include "app/doctor_report.h"

#include "app/doctor.h"
#include "observability/escape.h"
#include "s3/diagnosis/finding.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace yatagarasu::app {
namespace {

using s3::diagnosis::Finding;
using s3::diagnosis::Outcome;

std::string escaped(const std::string& text) {
  std::string out;
  observability::append_escaped(out, text);
  return out;
}

std::string render_finding(const Finding& finding) {
  std::string out = fmt::format("  {:<8} {:<12} {}\n", name_of(finding.outcome),
                                name_of(finding.check), escaped(finding.cause));
  if (!finding.fix.empty()) out += fmt::format("  {:<21} fix: {}\n", "", escaped(finding.fix));
  return out;
}

std::string summarize(const std::vector<BucketDiagnosis>& diagnoses) {
  std::vector<std::string> failed;
  std::size_t warned = 0;
  for (const BucketDiagnosis& bucket : diagnoses) {
    const Outcome outcome = gravest(bucket.findings);
    if (outcome == Outcome::kFailure) failed.push_back(escaped(bucket.name));
    if (outcome == Outcome::kWarning) ++warned;
  }
  std::string out =
      fmt::format("{} bucket{} asked: {} ok", diagnoses.size(), diagnoses.size() == 1 ? "" : "s",
                  diagnoses.size() - warned - failed.size());
  if (warned > 0) out += fmt::format(", {} with warnings", warned);
  if (!failed.empty()) {
    out += fmt::format(", {} failed ({})", failed.size(), fmt::join(failed, ", "));
  }
  return out + "\n";
}

}  // namespace

std::string render_report(const std::vector<BucketDiagnosis>& diagnoses) {
  std::string out;
  for (const BucketDiagnosis& bucket : diagnoses) {
    out += fmt::format("{}: {}\n", escaped(bucket.name), escaped(bucket.place));
    for (const Finding& finding : bucket.findings) out += render_finding(finding);
    out += "\n";
  }
  return out + summarize(diagnoses);
}

bool is_healthy(const std::vector<BucketDiagnosis>& diagnoses) {
  return std::ranges::none_of(diagnoses, [](const BucketDiagnosis& bucket) {
    return gravest(bucket.findings) == Outcome::kFailure;
  });
}

}  // namespace yatagarasu::app
