// part: http
#include "http/codec/h1_request_parser.h"
#include "http/host.h"
#include "http/syntax.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace yatagarasu::http;  // NOLINT(google-build-using-namespace)

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  ParseProgress progress = ParseProgress::kNeedMore;
  RequestHead head;
  std::size_t head_size = 0;
  ParseFailure failure;
};

// Small, so that inputs of a fuzzer's size reach the limits.
Outcome parse(std::string_view raw, std::size_t piece) {
  H1RequestParser parser({.head_bytes = 1024, .uri_bytes = 200});
  Outcome outcome;
  for (std::size_t size = std::min(piece, raw.size());; size = std::min(size + piece, raw.size())) {
    outcome.progress = parser.parse(raw.substr(0, size), outcome.head);
    if (outcome.progress != ParseProgress::kNeedMore || size == raw.size()) break;
  }
  outcome.head_size = parser.head_size();
  outcome.failure = parser.failure();
  return outcome;
}

void check_head(std::string_view raw, const Outcome& outcome) {
  const RequestHead& head = outcome.head;
  require(outcome.head_size <= raw.size());
  require(raw.substr(0, outcome.head_size).ends_with("\r\n\r\n"));
  require(is_token(head.method_text));
  require(head.path.starts_with('/') || head.path == "*");
  require(std::ranges::all_of(head.path, is_target_char));
  require(head.host.empty() ? head.version_minor == 0 : is_valid_host(head.host));
  require(!(head.is_chunked && head.content_length));
  for (const Field& field : head.fields) {
    require(is_token(field.name) && is_field_value(field.value));
  }
}

}  // namespace

// The verdict does not depend on the split, and what is accepted is well-formed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view raw(reinterpret_cast<const char*>(data + 1), size - 1);
  const Outcome whole = parse(raw, raw.size() + 1);
  const Outcome split = parse(raw, data[0] % 32U + 1U);

  require(whole.progress == split.progress);
  require(whole.failure.status == split.failure.status);
  require(whole.failure.reason == split.failure.reason);
  if (whole.progress != ParseProgress::kDone) return 0;
  require(whole.head_size == split.head_size);
  require(whole.head.path == split.head.path && whole.head.host == split.head.host);
  require(whole.head.fields.size() == split.head.fields.size());
  check_head(raw, whole);
  return 0;
}
