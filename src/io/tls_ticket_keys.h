#pragma once

#include "io/task.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

namespace yatagarasu::io {

// The keys of session tickets. A new one is made every period, and the one before it stays good for
// as long again, so that a ticket lives for at least one period. Whoever gets hold of one can read
// what was said under its tickets with TLS 1.2, hence the rotation; none is ever written down.
//
// Threading: shared by all loops, and by the contexts before and after a reload.
class TlsTicketKeys {
 public:
  static constexpr std::chrono::hours kPeriod{12};
  static constexpr std::size_t kNameBytes = 16;

  struct Key {
    std::array<std::uint8_t, kNameBytes> name{};
    std::array<std::uint8_t, 32> cipher{};
    std::array<std::uint8_t, 32> mac{};

    Key() = default;
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();  // Wipes.
  };
  struct Found {
    Key key;
    bool is_current;  // Else the ticket ought to be replaced.
  };

  // Throws std::runtime_error where there is no randomness to be had.
  explicit TlsTicketKeys(TimePoint now);
  TlsTicketKeys(const TlsTicketKeys&) = delete;
  TlsTicketKeys& operator=(const TlsTicketKeys&) = delete;

  // For a new ticket.
  Key current(TimePoint now);
  // The key of a ticket that came; empty when it is too old, or nobody's.
  std::optional<Found> find(std::span<const std::uint8_t, kNameBytes> name, TimePoint now);

 private:
  void rotate(TimePoint now);

  std::mutex mutex_;  // Held for a copy, or for the making of a key.
  Key current_;
  std::optional<Key> previous_;
  TimePoint made_;  // The current key.
};

}  // namespace yatagarasu::io
