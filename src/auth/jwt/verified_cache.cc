#include "auth/jwt/verified_cache.h"

#include "auth/principal.h"
#include "crypto/sha256.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace yatagarasu::auth::jwt {

void VerifiedCache::set_generation(std::uint64_t generation) {
  if (generation == generation_) return;
  generation_ = generation;
  by_token_.clear();
  order_.clear();
}

std::shared_ptr<const Principal> VerifiedCache::find(const crypto::Sha256Digest& token,
                                                     std::chrono::sys_seconds now) {
  const auto found = by_token_.find(token);
  if (found == by_token_.end()) return nullptr;
  const Order::iterator entry = found->second;
  if (now >= entry->principal->valid_until) {
    by_token_.erase(found);
    order_.erase(entry);
    return nullptr;
  }
  order_.splice(order_.begin(), order_, entry);
  return entry->principal;
}

void VerifiedCache::insert(const crypto::Sha256Digest& token,
                           std::shared_ptr<const Principal> principal) {
  const auto [place, is_new] = by_token_.try_emplace(token);
  if (!is_new) order_.erase(place->second);
  place->second = order_.insert(order_.begin(), {token, std::move(principal)});
  if (by_token_.size() <= capacity_) return;
  by_token_.erase(order_.back().token);
  order_.pop_back();
}

}  // namespace yatagarasu::auth::jwt
