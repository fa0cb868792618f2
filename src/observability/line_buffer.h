#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace yatagarasu::observability {

// Lines on their way to the writer, up to kCapacity bytes of them.
//
// Threading: any thread. The lock is held for the copy of one line or the swap of two strings,
// never while anything is written.
class LineBuffer {
 public:
  static constexpr std::size_t kCapacity = 256U << 10U;

  enum class Outcome : std::uint8_t {
    kStored,
    kHalfFull,  // Stored; with this line the buffer has become half full.
    kDropped,   // There was no room.
  };

  Outcome append(std::string_view line);

  // Exchanges what is stored for `taken`, which must be empty and lends its memory.
  void take(std::string& taken);

  std::uint64_t dropped() const;

 private:
  mutable std::mutex mutex_;
  std::string lines_;
  std::uint64_t dropped_ = 0;
};

}  // namespace yatagarasu::observability
