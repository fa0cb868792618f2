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
namespace {

struct Halves {
  std::string_view signed_text;
  std::string_view signature;
};

Halves split(std::string_view token) {
  const std::size_t signature = token.rfind('.') + 1;  // 0 where there is no dot.
  return {.signed_text = token.substr(0, signature), .signature = token.substr(signature)};
}

}  // namespace

void VerifiedCache::set_generation(std::uint64_t generation) {
  if (generation == generation_) return;
  generation_ = generation;
  by_signature_.clear();
  order_.clear();
  bytes_ = 0;
}

std::shared_ptr<const Principal> VerifiedCache::find(std::string_view token,
                                                     std::chrono::sys_seconds now) {
  const Halves halves = split(token);
  const auto found = by_signature_.find(crypto::sha256(halves.signature));
  if (found == by_signature_.end()) return nullptr;
  const Order::iterator entry = found->second;
  // Whoever comes so far has the signature: the time of the comparison tells nothing new.
  if (entry->signed_text != halves.signed_text) return nullptr;
  if (now >= entry->principal->valid_until) {
    erase(entry);
    return nullptr;
  }
  if (entry != order_.begin()) order_.splice(order_.begin(), order_, entry);
  return entry->principal;
}

void VerifiedCache::insert(std::string_view token, std::shared_ptr<const Principal> principal) {
  const Halves halves = split(token);
  const crypto::Sha256Digest signature = crypto::sha256(halves.signature);
  if (const auto old = by_signature_.find(signature); old != by_signature_.end()) {
    erase(old->second);
  }
  order_.push_front({.signature = signature,
                     .signed_text = std::string(halves.signed_text),
                     .principal = std::move(principal)});
  by_signature_.emplace(signature, order_.begin());
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
