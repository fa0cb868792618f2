#include "io/resolver_cache.h"

#include "core/result.h"
#include "io/task.h"

#include <algorithm>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::io {

ResolverCache::Found ResolverCache::find(std::string_view host, TimePoint now) const {
  const auto place = entries_.find(host);
  if (place == entries_.end()) return {};
  const Entry& entry = place->second;
  if (now < entry.fresh_until) return {.state = Found::State::kFresh, .answer = &entry.answer};
  if (now >= entry.usable_until) return {};
  const Duration patience = entry.is_unconfirmed ? Duration::zero() : Duration(kPatience);
  return {.state = Found::State::kStale, .answer = &entry.answer, .patience = patience};
}

const core::Result<Addresses>& ResolverCache::store(std::string_view host, DnsAnswer answer,
                                                    TimePoint now) {
  Entry& entry = entry_for(host);
  switch (answer.kind) {
    case DnsAnswer::Kind::kFound:
      entry.answer = std::move(answer.addresses);
      entry.fresh_until = now + std::clamp(answer.ttl, kMinTtl, kMaxTtl);
      entry.usable_until = entry.fresh_until + kMaxStale;
      entry.is_unconfirmed = false;
      return entry.answer;
    case DnsAnswer::Kind::kNoAnswer:
      if (now < entry.usable_until && entry.answer) {
        entry.fresh_until = now + kFailureTtl;
        entry.is_unconfirmed = true;
        return entry.answer;
      }
      break;
    case DnsAnswer::Kind::kNoSuchName: break;
  }
  entry.answer = std::unexpected(std::move(answer.error));
  entry.fresh_until = entry.usable_until = now + kFailureTtl;
  entry.is_unconfirmed = false;
  return entry.answer;
}

ResolverCache::Entry& ResolverCache::entry_for(std::string_view host) {
  const auto place = entries_.find(host);
  if (place != entries_.end()) return place->second;
  if (entries_.size() >= kMaxNames) {
    const auto expires_first = std::ranges::min_element(
        entries_, {}, [](const auto& entry) { return entry.second.fresh_until; });
    entries_.erase(expires_first);
  }
  return entries_.try_emplace(std::string(host)).first->second;
}

}  // namespace yatagarasu::io
