#include "auth/jwt/verified_cache.h"

#include "auth/principal.h"
#include "crypto/sha256.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::auth::jwt {

VerifiedCache::Key::Key(std::string_view token)
    : signed_text(token.substr(0, token.rfind('.') + 1)),  // Empty where there is no dot.
      signature(crypto::sha256(token.substr(signed_text.size()))) {}

void VerifiedCache::set_generation(std::uint64_t generation) {
  if (generation == generation_) return;
  generation_ = generation;
  by_signature_.clear();
  order_.clear();
  bytes_ = 0;
}

std::shared_ptr<const Principal> VerifiedCache::find(const Key& token,
                                                     std::chrono::sys_seconds now) {
  const auto found = by_signature_.find(token.signature);
  if (found == by_signature_.end()) return nullptr;
  const Order::iterator entry = found->second;
  // Whoever comes so far has the signature: the time of the comparison tells nothing new.
  if (entry->signed_text != token.signed_text) return nullptr;
  if (now >= entry->principal->valid_until) {
    erase(entry);
    return nullptr;
  }
  if (entry != order_.begin()) order_.splice(order_.begin(), order_, entry);
  return entry->principal;
}

void VerifiedCache::insert(const Key& token, std::shared_ptr<const Principal> principal) {
  const auto [place, is_new] = by_signature_.try_emplace(token.signature);
  if (!is_new) {
    bytes_ -= bytes_of(*place->second);
    order_.erase(place->second);
  }
  order_.push_front({.signature = token.signature,
                     .signed_text = std::string(token.signed_text),
                     .principal = std::move(principal)});
  place->second = order_.begin();
  bytes_ += bytes_of(order_.front());
  while (order_.size() > capacity_ || bytes_ > max_bytes_) erase(std::prev(order_.end()));
}

std::size_t VerifiedCache::bytes_of(const Entry& entry) {
  // Of the nodes of a list and of a table, each with two pointers and a header of malloc's.
  constexpr std::size_t kNodes = sizeof(Entry) + sizeof(crypto::Sha256Digest) + 64;
  return kNodes + entry.signed_text.capacity() + sizeof(Principal) +
         entry.principal->subject.capacity() + entry.principal->memory.heap_bytes();
}

void VerifiedCache::erase(Order::iterator entry) {
  bytes_ -= bytes_of(*entry);
  by_signature_.erase(entry->signature);
  order_.erase(entry);
}

}  // namespace yatagarasu::auth::jwt
