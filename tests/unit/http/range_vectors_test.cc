#include "http/conditional.h"
#include "http/date.h"
#include "http/fields.h"
#include "http/range.h"
#include "unit/http/vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace yatagarasu::http {
namespace {

// The answer of a server that holds the object of the vectors and follows the functions of this
// part in the order of RFC 9110 §13.2.2.
RangeCase::Outcome answer(const RangeCase& asked) {
  Fields request;
  if (asked.range) request.add("Range", *asked.range);
  for (const auto& [name, value] : asked.headers) request.add(name, value);
  const auto modified = parse_date("Wed, 01 Jan 2025 00:00:00 GMT");
  const Validators current = {
      .etag = "\"abc123\"", .last_modified = modified, .date = *modified + std::chrono::hours(1)};

  switch (evaluate_preconditions(request, current)) {
    case Precondition::kFailed: return {.status = 412, .content_range = ""};
    case Precondition::kNotModified: return {.status = 304, .content_range = ""};
    case Precondition::kProceed: break;
  }
  const RangeRequest range = parse_range(request);
  if (range.outcome != RangeOutcome::kOne || !range_applies(request, current)) {
    return {.status = 200, .content_range = ""};
  }
  const auto resolved = resolve(range.spec, asked.size);
  if (!resolved) {
    return {.status = 416, .content_range = format_unsatisfied_range(asked.size)};
  }
  return {.status = 206, .content_range = format_content_range(*resolved, asked.size)};
}

TEST(RangeVectorsTest, EveryOutcomeIsOneThatTheRfcsAllow) {
  const std::string path = YATAGARASU_VECTORS "/range/range.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "set YATAGARASU_VECTORS: no " << path;
  const std::vector<RangeCase> cases = load_range_cases(path);

  EXPECT_GT(cases.size(), 100U);
  for (const RangeCase& asked : cases) {
    const RangeCase::Outcome got = answer(asked);
    const bool is_allowed =
        std::ranges::any_of(asked.allowed, [&](const RangeCase::Outcome& allowed) {
          return allowed.status == got.status && allowed.content_range == got.content_range;
        });
    EXPECT_TRUE(is_allowed) << asked.id << ": " << got.status << " " << got.content_range;
  }
}

}  // namespace
}  // namespace yatagarasu::http
