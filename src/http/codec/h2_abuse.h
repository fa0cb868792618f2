#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yatagarasu::http {

// What a client may do to a server by HTTP/2 alone, and is cut off for.
enum class H2Abuse : std::uint8_t {
  kRapidReset,         // Streams opened and reset (CVE-2023-44487).
  kMadeYouReset,       // Frames that make the server reset streams (CVE-2025-8671).
  kContinuationFlood,  // One header block in very many frames (CVE-2024-28182).
  kHeaderBomb,         // A header block far beyond the limit once it is decoded.
  kControlFlood,       // PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA and the like.
  kSettingsNotAcked,   // The server's SETTINGS are never acknowledged.
  kSlowHead,           // A header block that is never finished.
  kZeroWindow,         // A stream's answer is asked for and its window kept shut.
  kSlowRead,           // The connection takes no byte.
};

inline constexpr std::size_t kH2Abuses = 9;

// Whether the client says much more than anybody reads.
constexpr bool is_flood(H2Abuse abuse) {
  switch (abuse) {
    case H2Abuse::kRapidReset:
    case H2Abuse::kMadeYouReset:
    case H2Abuse::kContinuationFlood:
    case H2Abuse::kHeaderBomb:
    case H2Abuse::kControlFlood: return true;
    case H2Abuse::kSettingsNotAcked:
    case H2Abuse::kSlowHead:
    case H2Abuse::kZeroWindow:
    case H2Abuse::kSlowRead: break;
  }
  return false;
}

// For metrics and the log.
constexpr std::string_view name_of(H2Abuse abuse) {
  constexpr std::array<std::string_view, kH2Abuses> kNames = {
      "rapid_reset",        "made_you_reset", "continuation_flood", "header_bomb", "control_flood",
      "settings_not_acked", "slow_head",      "zero_window",        "slow_read"};
  return kNames[static_cast<std::size_t>(abuse)];
}

}  // namespace yatagarasu::http
