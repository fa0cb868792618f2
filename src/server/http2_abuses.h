#pragma once

#include "core/cidr.h"
#include "http/codec/h2_abuse.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

namespace yatagarasu::server {

// How often clients were cut off for each abuse, over all loops: connections, and for kZeroWindow
// streams. For metrics.
struct Http2Abuses {
  std::array<std::atomic<std::uint64_t>, http::kH2Abuses> counts{};
  std::atomic<std::int64_t> next_line_ms{0};  // Of the steady clock: when the log may say it again.
};

// Counts abuses and has the log say so, at most once a second however many there are.
//
// Threading: any; one per loop.
class Http2AbuseLog {
 public:
  using Tell = std::function<void(std::string_view what)>;

  Http2AbuseLog(Http2Abuses& shared, Tell tell) : shared_(shared), tell_(std::move(tell)) {}

  void note(http::H2Abuse abuse, const core::IpAddress& peer);

 private:
  Http2Abuses& shared_;
  Tell tell_;
};

}  // namespace yatagarasu::server
