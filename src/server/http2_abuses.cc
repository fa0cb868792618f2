#include "server/http2_abuses.h"

#include "core/cidr.h"
#include "http/codec/h2_abuse.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace yatagarasu::server {
namespace {

constexpr std::int64_t kTellEveryMs = 1'000;

}  // namespace

void Http2AbuseLog::note(http::H2Abuse abuse, const core::IpAddress& peer) {
  shared_.counts[static_cast<std::size_t>(abuse)].fetch_add(1, std::memory_order_relaxed);
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  const std::int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  std::int64_t next = shared_.next_line_ms.load(std::memory_order_relaxed);
  // Of several at once the one that moves it tells.
  if (now < next || !shared_.next_line_ms.compare_exchange_strong(next, now + kTellEveryMs)) return;
  tell_("HTTP/2: a client was cut off: " + std::string(http::name_of(abuse)) + ", " +
        peer.to_string());
}

}  // namespace yatagarasu::server
