#include "cache/cache_status.h"

#include <string>
#include <string_view>

namespace yatagarasu::cache {
namespace {

// A token, so that it needs no quotes (RFC 9211 §2: sf-token or sf-string).
constexpr std::string_view kName = "yatagarasu";

std::string_view token_of(Forward forward) {
  switch (forward) {
    case Forward::kBypass: return "bypass";
    case Forward::kUriMiss: return "uri-miss";
    case Forward::kVaryMiss: return "vary-miss";
    case Forward::kStale: return "stale";
  }
  return "miss";
}

}  // namespace

std::string_view x_cache_value(Outcome outcome) {
  switch (outcome) {
    case Outcome::kHit: return "HIT";
    case Outcome::kMiss: return "MISS";
    case Outcome::kBypass: return "BYPASS";
    case Outcome::kStale: return "STALE";
    case Outcome::kRevalidated: return "REVALIDATED";
  }
  return "BYPASS";
}

std::string format_cache_status(const CacheStatus& status) {
  std::string text(kName);
  if (status.forward) {
    text += "; fwd=";
    text += token_of(*status.forward);
  } else if (status.outcome == Outcome::kHit || status.outcome == Outcome::kStale) {
    text += "; hit";
  }
  if (status.forward_status) text += "; fwd-status=" + std::to_string(*status.forward_status);
  if (status.ttl) text += "; ttl=" + std::to_string(status.ttl->count());
  if (status.is_stored) text += "; stored";
  if (status.is_collapsed) text += "; collapsed";
  return text;
}

}  // namespace yatagarasu::cache
