#pragma once

#include "core/cidr.h"
#include "resilience/rate_limiter.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace yatagarasu::resilience {

// A limit for each client by its address: an IPv4 address is one client, and so is an IPv6 /64,
// which is what one subscriber gets.
//
// The table is a fixed one. A client whose bucket is full again has nothing to remember and gives
// up its place first; when all places that an address could have are taken by busy ones, the one
// that is closest to full does, so that those who are over their limit stay known. Costs
// kPlaces * 24 bytes.
//
// Threading: any thread; a lock is held for one look-up, and shared by one in kShards clients.
class ClientRateLimiter {
 public:
  using TimePoint = RateLimiter::TimePoint;

  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kPlaces = 65'536;

  // `seed`: random, so that nobody can choose addresses that crowd each other out.
  ClientRateLimiter(RateLimit limit, std::uint64_t seed);

  const RateLimit& limit() const { return limit_; }
  Admission take(const core::IpAddress& client, TimePoint now);

 private:
  // How many places in a row an address may have: three cache lines to look through.
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kPlacesOfShard = kPlaces / kShards;

  using Client = std::array<std::uint64_t, 2>;  // The address, of a /64 the first half.
  struct Place {
    Client client{};
    gcra::Nanoseconds full_at = 0;  // In the past: free.
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::vector<Place> places;
  };

  static Client client_of(const core::IpAddress& address);
  std::uint64_t hash_of(const Client& client) const;

  RateLimit limit_;
  std::uint64_t seed_;
  std::array<Shard, kShards> shards_;
};

}  // namespace yatagarasu::resilience
