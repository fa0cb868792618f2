// part: http
#include "http/range.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

using namespace yatagarasu::http;  // NOLINT(google-build-using-namespace)

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// A resolved range lies within the object, and the normalised spelling means the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t object_size = 0;
  if (size < sizeof(object_size)) return 0;
  std::memcpy(&object_size, data, sizeof(object_size));
  const std::string_view value(reinterpret_cast<const char*>(data) + sizeof(object_size),
                               size - sizeof(object_size));

  const RangeRequest request = parse_range(value);
  if (request.outcome != RangeOutcome::kOne) return 0;
  require(request.spec.first || request.spec.last);
  require(parse_range(format_range(request.spec)) == request);
  if (const auto range = resolve(request.spec, object_size)) {
    require(range->first <= range->last && range->last < object_size);
    require(range->size() <= object_size);
  }
  return 0;
}
