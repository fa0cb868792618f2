#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

namespace yatagarasu::auth {

// Where claims live: one block, so that they cost no allocation each. Larger ones take further
// blocks from the heap; all are freed together.
class ClaimMemory {
 public:
  ClaimMemory() = default;
  ClaimMemory(const ClaimMemory&) = delete;
  ClaimMemory& operator=(const ClaimMemory&) = delete;

  // Valid as long as the object.
  boost::json::storage_ptr storage() { return &resource_; }

 private:
  static constexpr std::size_t kBlockBytes = 768;  // The claims of most tokens.

  std::array<unsigned char, kBlockBytes> block_{};
  boost::json::monotonic_resource resource_{block_.data(), block_.size()};
};

// Whoever asks, as a verified token tells it. Immutable once made; shared between loops.
struct Principal {
  ClaimMemory memory;   // Of the claims.
  std::string subject;  // `sub`; empty when the token has none that is a string.
  boost::json::object claims{memory.storage()};
  // From then on the token must not be trusted any more; max() when it never ends.
  std::chrono::sys_seconds valid_until = std::chrono::sys_seconds::max();
};

}  // namespace yatagarasu::auth
