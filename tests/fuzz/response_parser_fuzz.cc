// part: http
#include "http/codec/h1_response_parser.h"
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
  ResponseHead head;
  std::size_t head_size = 0;
  std::string_view failure;
};

Outcome parse(std::string_view raw, std::size_t piece) {
  H1ResponseParser parser(1024);
  Outcome outcome;
  for (std::size_t size = std::min(piece, raw.size());; size = std::min(size + piece, raw.size())) {
    outcome.progress = parser.parse(raw.substr(0, size), outcome.head);
    if (outcome.progress != ParseProgress::kNeedMore || size == raw.size()) break;
  }
  outcome.head_size = parser.head_size();
  outcome.failure = parser.failure();
  return outcome;
}

}  // namespace

// The verdict does not depend on the split, and what is accepted is well-formed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view raw(reinterpret_cast<const char*>(data + 1), size - 1);
  const Outcome whole = parse(raw, raw.size() + 1);
  const Outcome split = parse(raw, data[0] % 32U + 1U);

  require(whole.progress == split.progress && whole.failure == split.failure);
  if (whole.progress != ParseProgress::kDone) return 0;
  const ResponseHead& head = whole.head;
  require(whole.head_size == split.head_size && whole.head_size <= raw.size());
  require(head.status == split.head.status && head.status >= 100 && head.status <= 599);
  require(head.content_length == split.head.content_length);
  require(!(head.is_chunked && head.content_length));
  for (const Field& field : head.fields) {
    require(is_token(field.name) && is_field_value(field.value));
  }
  return 0;
}
