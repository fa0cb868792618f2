#include "resilience/client_rate_limiter.h"

#include "core/cidr.h"
#include "resilience/rate_limiter.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

namespace yatagarasu::resilience {
namespace {

// The finalizer of SplitMix64.
std::uint64_t mix(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
  return bits ^ (bits >> 31U);
}

}  // namespace

ClientRateLimiter::ClientRateLimiter(RateLimit limit, std::uint64_t seed)
    : limit_(limit), seed_(seed) {
  for (Shard& shard : shards_) shard.places.resize(kPlacesOfShard);
}

ClientRateLimiter::Client ClientRateLimiter::client_of(const core::IpAddress& address) {
  auto client = std::bit_cast<Client>(address.bytes());
  if (!address.is_v4()) client[1] = 0;
  return client;
}

std::uint64_t ClientRateLimiter::hash_of(const Client& client) const {
  return mix(mix(client[0] ^ seed_) + client[1] + std::rotl(seed_, 32));
}

Admission ClientRateLimiter::take(const core::IpAddress& address, TimePoint now) {
  const gcra::Nanoseconds at = now.time_since_epoch().count();
  const Client client = client_of(address);
  const std::uint64_t hash = hash_of(client);
  Shard& shard = shards_.at(hash % kShards);
  const std::size_t row = hash / kShards % (kPlacesOfShard / kWays) * kWays;

  const std::lock_guard lock(shard.mutex);
  const std::span<Place> places = std::span(shard.places).subspan(row, kWays);
  auto place = std::ranges::find(places, client, &Place::client);
  if (place == places.end()) {
    place = std::ranges::min_element(places, {}, &Place::full_at);
    *place = {.client = client};
  }
  const gcra::Step step = gcra::take(limit_, place->full_at, at);
  place->full_at = step.full_at;
  return step.admission;
}

}  // namespace yatagarasu::resilience
