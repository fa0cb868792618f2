#pragma once

#include <chrono>
#include <cstdint>

namespace yatagarasu::cache {

// Which answers of the origin may be stored at all.
enum class Storable : std::uint8_t {
  kObjects,    // 200, and "not found" for as long as negative_ttl: everything else is an error of
               // ours to the client, made anew each time.
  kAnyStatus,  // `error_responses: origin`: what RFC 9111 §3 allows.
};

// How one bucket is cached: `cache` of the configuration, the bucket's own settings taken in.
struct PolicyOptions {
  // For answers that give no freshness of their own, which RFC 9111 §4.2.2 calls heuristic.
  std::chrono::milliseconds default_ttl{3'600'000};
  // Used when the answer has no directive of its own (RFC 5861).
  std::chrono::milliseconds stale_while_revalidate{0};
  std::chrono::milliseconds stale_if_error{0};
  // Like default_ttl, for errors (404 and the other cacheable statuses from 400); 0 = not cached.
  std::chrono::milliseconds negative_ttl{0};
  Storable storable = Storable::kObjects;
};

}  // namespace yatagarasu::cache
