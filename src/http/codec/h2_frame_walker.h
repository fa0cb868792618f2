#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yatagarasu::http {

enum class H2FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
  // Others may come, and are to be ignored.
};

// Of a frame that everybody takes (RFC 9113 §4.2).
inline constexpr std::size_t kH2MaxPayload = 16'384;

inline constexpr std::uint8_t kH2EndStream = 0x1;
inline constexpr std::uint8_t kH2EndHeaders = 0x4;

// RFC 9113 §4.1.
struct H2FrameHead {
  static constexpr std::size_t kSize = 9;

  std::uint32_t length = 0;
  H2FrameType type{};
  std::uint8_t flags = 0;
  std::int32_t stream = 0;

  static H2FrameHead parse(std::string_view bytes);  // The first kSize of them.
  std::array<char, kSize> wire() const;

  bool is_block() const {
    return type == H2FrameType::kHeaders || type == H2FrameType::kContinuation;
  }
};

// Finds the frames in a client's bytes, in any split, so that each can be looked at before nghttp2
// sees it: nghttp2 says nothing about frames that it ignores, and those cost time too.
//
// Sans-I/O. The preface is not a frame: the caller takes it off.
class H2FrameWalker {
 public:
  struct Step {
    std::string_view bytes;  // The next bytes to go on, of one frame; empty: more must come.
    bool begins = false;     // A frame's head is complete: head() is new.
  };

  // Takes a step into `received`, whose first bytes it removes. A head that was split is handed on
  // in one, from memory of this object.
  Step step(std::string_view& received);

  const H2FrameHead& head() const { return head_; }
  // Nothing of a frame is missing.
  bool is_between_frames() const { return left_ == 0 && head_bytes_ == 0; }

 private:
  std::array<char, H2FrameHead::kSize> partial_{};
  std::size_t head_bytes_ = 0;  // Of partial_.
  std::uint32_t left_ = 0;      // Of the current frame's payload.
  H2FrameHead head_;
};

}  // namespace yatagarasu::http
