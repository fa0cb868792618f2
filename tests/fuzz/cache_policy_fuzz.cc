// part: cache
//
// Whatever an origin's fields are, now and in a later 304: nothing that forbids storing is stored,
// freshness and age are never negative, no field of the connection is kept, an entry is read back
// as it was written, and time makes an entry stale but never fresh again.

#include "cache/policy/admission.h"
#include "cache/policy/freshness.h"
#include "cache/policy/options.h"
#include "cache/policy/reuse.h"
#include "cache/policy/stored_fields.h"
#include "cache/policy/stored_response.h"
#include "cache/policy/validation.h"
#include "cache/policy/vary.h"
#include "http/cache_control.h"
#include "http/fields.h"
#include "http/syntax.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace yatagarasu::cache;  // NOLINT(google-build-using-namespace)
namespace http = yatagarasu::http;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kNow{seconds{1'735'689'600}};

void require(bool holds) {
  if (!holds) std::abort();
}

// "Name: value" lines up to an empty one, as the parser of heads would let them through.
http::Fields take_fields(std::string_view& text) {
  http::Fields fields;
  while (!text.empty() && fields.size() < 64) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    const std::string_view value = line.substr(colon + 2);
    if (http::is_token(line.substr(0, colon)) && http::is_field_value(value)) {
      fields.add(line.substr(0, colon), value);
    }
  }
  return fields;
}

http::HeaderBlock block_of(const http::Fields& fields) {
  http::HeaderBlock block;
  for (const http::Field& field : fields) block.add(field.name, field.value);
  return block;
}

void check(const StoredResponse& stored, Time received) {
  const Metadata& metadata = stored.metadata;
  require(metadata.born <= received && metadata.fresh_until >= metadata.born);
  bool was_fresh = true;
  seconds age{0};
  for (const seconds after : {seconds(0), seconds(1), seconds(3600), seconds(5'000'000'000)}) {
    const Time now = received + after;
    const bool is_fresh = decide_reuse(metadata, now) == Reuse::kFresh;
    require(was_fresh || !is_fresh);
    require(!is_fresh || time_to_live(metadata, now) >= seconds(0));
    require(age_of(metadata, now) >= age);
    was_fresh = is_fresh;
    age = age_of(metadata, now);
  }
  const http::Fields kept = fields_of(stored.fields);
  for (const std::string_view name : {"Connection", "Age", "Content-Length", "TE", "Upgrade"}) {
    require(!kept.has(name));
  }
  require(kept.has("Date"));
  const std::string bytes = encode(stored);
  const auto read = decode(bytes);
  require(read && read->fields == stored.fields && encode(stored) == bytes);
  require(read->etag().empty() || read->etag() == kept.get("ETag"));
  const auto condition = validation_condition(*read);
  require(!condition || http::is_field_value(condition->value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 4, size - 4);
  const http::Fields answer = take_fields(text);
  const http::Fields later = take_fields(text);
  const http::Fields request = take_fields(text);

  const PolicyOptions options{.default_ttl = seconds(data[1] % 8),
                              .stale_while_revalidate = seconds(data[1] / 8 % 4),
                              .stale_if_error = seconds(data[1] / 32),
                              .negative_ttl = seconds(data[2] % 4),
                              .storable = Storable::kAnyStatus};
  const std::vector<std::string> forwarded = {"foo", "accept-language"};
  const http::HeaderBlock headers = block_of(answer);
  const Exchanged exchanged{.request_time = kNow - milliseconds(data[3] * 100),
                            .response_time = kNow};
  const auto admitted = admit(
      {.status = 200 + data[0] * 2, .fields = answer, .headers = headers, .exchanged = exchanged},
      {.options = options, .forwarded = forwarded});
  if (!admitted) return 0;
  const http::CacheControl control = http::parse_cache_control(answer);
  require(!control.is_private && (!control.no_store || control.must_understand));
  check(admitted->response, kNow);
  selecting_values(admitted->vary.names, request);
  evaluate_conditions(request, view(admitted->response));

  const http::HeaderBlock update = block_of(later);
  const Time after = kNow + seconds(60);
  const OriginAnswer confirmed{.status = 304,
                               .fields = later,
                               .headers = update,
                               .exchanged = {.request_time = after, .response_time = after}};
  const auto freshened = freshen(view(admitted->response), confirmed, options);
  if (freshened) check(freshened->response, after);
  return 0;
}
