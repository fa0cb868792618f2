#pragma once

#include <map>
#include <string>
#include <vector>

namespace yatagarasu::cache {

// One test of http-tests/cache-tests, with the verdict on the model.
struct SuiteVerdict {
  std::string id;
  std::string suite;
  std::string kind;     // required, optimal or check
  std::string problem;  // Empty: passed.
  bool is_core = false;
  bool is_good = false;  // Passed, and so did all that it depends on.
};

// Plays every test of the suite in `folder` (tests.json, applicability.json) through a ModelProxy,
// with a clock that only moves when a test says so. The origin and the checks are those of the
// suite's own engine as far as a response has fields, a status and a body; see
// tests/conformance/cache-tests for the real thing.
std::vector<SuiteVerdict> play_suite(const std::string& folder);

}  // namespace yatagarasu::cache
