#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::cache {

enum class Outcome : std::uint8_t {
  kHit,          // Answered with a fresh entry.
  kMiss,         // Answered by the origin: there was no entry, or it had changed.
  kBypass,       // The cache was neither read nor filled.
  kStale,        // Answered with a stale entry (RFC 5861).
  kRevalidated,  // Answered with an entry that the origin confirmed.
};
inline constexpr std::size_t kOutcomes = 5;

// "HIT", "MISS", "BYPASS", "STALE", "REVALIDATED".
std::string_view x_cache_value(Outcome outcome);

// Why a request went on to the origin (RFC 9211 §2.2).
enum class Forward : std::uint8_t {
  kBypass,    // The request or the bucket is not for the cache.
  kUriMiss,   // Nothing is stored for it.
  kVaryMiss,  // No variant that it selects.
  kStale,     // What is stored has to be, or was, confirmed.
};

// How the cache dealt with one request: the one place from which X-Cache, Cache-Status (RFC 9211
// §2), the access log and the counters are told.
struct CacheStatus {
  Outcome outcome = Outcome::kBypass;
  std::optional<Forward> forward{};           // Empty: the origin was not asked for this request.
  std::optional<int> forward_status{};        // What the origin answered.
  std::optional<std::chrono::seconds> ttl{};  // Of the entry; below 0 for a stale one.
  bool is_stored = false;                     // The origin's answer is being stored.
  bool is_collapsed = false;  // Waited for another client's request instead of its own.
};

// The member of this cache: `yatagarasu; fwd=stale; fwd-status=304; ttl=60`.
std::string format_cache_status(const CacheStatus& status);

}  // namespace yatagarasu::cache
