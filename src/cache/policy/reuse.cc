#include "cache/policy/reuse.h"

#include "cache/policy/stored_response.h"
#include "http/cache_control.h"
#include "http/fields.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace yatagarasu::cache {
namespace {

using std::chrono::seconds;

// RFC 9111 §4.2.4: some responses are never used once stale.
bool is_within(const Metadata& stored, std::uint32_t window_s, Time now) {
  if (stored.is(Trait::kNoCache) || stored.is(Trait::kNeverStale)) return false;
  return now < stored.fresh_until + seconds(window_s);
}

}  // namespace

Reuse decide_reuse(const Metadata& stored, Time now) {
  if (stored.is(Trait::kNoCache)) return Reuse::kAskFirst;
  if (now < stored.fresh_until) return Reuse::kFresh;
  return is_within(stored, stored.stale_while_revalidate_s, now) ? Reuse::kStaleAndRefresh
                                                                 : Reuse::kAskFirst;
}

bool is_replaceable_error(int status) {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

bool may_replace_error(const Metadata& stored, Time now) {
  return stored.status < 500 && is_within(stored, stored.stale_if_error_s, now);
}

seconds age_of(const Metadata& stored, Time now) {
  const auto age = std::chrono::floor<seconds>(now - stored.born);
  return std::clamp(age, seconds(0), http::kMaxDelta);
}

seconds time_to_live(const Metadata& stored, Time now) {
  return std::chrono::floor<seconds>(stored.fresh_until - now);
}

RequestWishes read_wishes(const http::Fields& request) {
  if (!request.has("Cache-Control")) return {};
  const http::CacheControl control = http::parse_cache_control(request);
  return {.only_if_cached = control.only_if_cached, .no_store = control.no_store};
}

}  // namespace yatagarasu::cache
