// part: http
//
// Whatever the lines of Cache-Control are: seconds stay within their bounds, names are names and
// lie within the field, and adding a line never takes back what an earlier one forbade.

#include "http/cache_control.h"
#include "http/fields.h"
#include "http/syntax.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace {

using namespace yatagarasu::http;  // NOLINT(google-build-using-namespace)

void require(bool holds) {
  if (!holds) std::abort();
}

void require_bounded(std::optional<std::chrono::seconds> delta) {
  require(!delta || (delta->count() >= 0 && *delta <= kMaxDelta));
}

void require_names(const FieldNames& names, std::string_view text) {
  for (const std::string_view name : names) {
    require(is_token(name));
    require(name.data() >= text.data() && name.end() <= text.end());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Fields fields;
  CacheControl before;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    fields.add("Cache-Control", text.substr(begin, end - begin));
    const CacheControl control = parse_cache_control(fields);
    for (const auto delta : {control.max_age, control.s_maxage, control.stale_while_revalidate,
                             control.stale_if_error}) {
      require_bounded(delta);
    }
    require_names(control.no_cache_fields, text);
    require_names(control.private_fields, text);
    require(control.no_store || !before.no_store);
    require(control.no_cache || !before.no_cache);
    require(control.is_private || !before.is_private);
    require(!before.max_age || control.max_age == before.max_age);
    before = control;
    begin = end + 1;
    if (fields.size() > 32) break;  // Every line is parsed again with each that follows.
  }
  return 0;
}
