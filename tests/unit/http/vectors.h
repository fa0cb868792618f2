#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::http {

// One raw HTTP/1 request stream with the verdict of the RFCs; see vectors/http1/README.md.
struct WireCase {
  enum class Expect { kReject, kAccept, kEither };

  std::string id;
  std::string raw;
  Expect expect = Expect::kEither;
  bool is_body_fault = false;  // Within kReject: the head is fine, the body is not.
  bool prefers_reject = false;
  std::vector<int> statuses;  // Fitting a refusal; empty = 400.
  std::optional<std::pair<int, int>> responses;
  std::vector<std::string> never_upstream;
};

// One request for a part of an object with every outcome that the RFCs allow.
struct RangeCase {
  struct Outcome {
    int status = 0;
    std::string content_range;  // Empty = none.
  };

  std::string id;
  unsigned long size = 0;
  std::optional<std::string> range;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<Outcome> allowed;
};

// Both throw when the file is not what its README says.
std::vector<WireCase> load_wire_cases(const std::string& path);
// Scenarios, which need a cache, are left out.
std::vector<RangeCase> load_range_cases(const std::string& path);

}  // namespace yatagarasu::http
