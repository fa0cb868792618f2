#include "http/codec/h2_frame_walker.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yatagarasu::http {
namespace {

std::uint32_t byte(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

}  // namespace

H2FrameHead H2FrameHead::parse(std::string_view bytes) {
  H2FrameHead head;
  head.length = byte(bytes, 0) << 16U | byte(bytes, 1) << 8U | byte(bytes, 2);
  head.type = static_cast<H2FrameType>(byte(bytes, 3));
  head.flags = static_cast<std::uint8_t>(byte(bytes, 4));
  // Without the reserved bit.
  head.stream = static_cast<std::int32_t>((byte(bytes, 5) & 0x7FU) << 24U | byte(bytes, 6) << 16U |
                                          byte(bytes, 7) << 8U | byte(bytes, 8));
  return head;
}

std::array<char, H2FrameHead::kSize> H2FrameHead::wire() const {
  const auto id = static_cast<std::uint32_t>(stream);
  const auto byte_of = [](std::uint32_t number, unsigned shift) {
    return static_cast<char>(number >> shift & 0xFFU);
  };
  return {byte_of(length, 16),     byte_of(length, 8),       byte_of(length, 0),
          static_cast<char>(type), static_cast<char>(flags), byte_of(id, 24),
          byte_of(id, 16),         byte_of(id, 8),           byte_of(id, 0)};
}

H2FrameWalker::Step H2FrameWalker::step(std::string_view& received) {
  Step step;
  if (left_ == 0 && head_bytes_ == 0 && received.size() >= H2FrameHead::kSize) {
    head_ = H2FrameHead::parse(received);
    left_ = head_.length;
    const std::size_t payload = std::min<std::size_t>(left_, received.size() - H2FrameHead::kSize);
    left_ -= static_cast<std::uint32_t>(payload);
    step = {.bytes = received.substr(0, H2FrameHead::kSize + payload), .begins = true};
  } else if (left_ == 0) {
    const std::size_t taken = std::min(H2FrameHead::kSize - head_bytes_, received.size());
    std::ranges::copy(received.substr(0, taken), partial_.begin() + head_bytes_);
    head_bytes_ += taken;
    received.remove_prefix(taken);
    if (head_bytes_ < H2FrameHead::kSize) return {};
    head_bytes_ = 0;
    const std::string_view whole(partial_.data(), H2FrameHead::kSize);
    head_ = H2FrameHead::parse(whole);
    left_ = head_.length;
    return {.bytes = whole, .begins = true};
  } else {
    const std::size_t payload = std::min<std::size_t>(left_, received.size());
    left_ -= static_cast<std::uint32_t>(payload);
    step = {.bytes = received.substr(0, payload)};
  }
  received.remove_prefix(step.bytes.size());
  return step;
}

}  // namespace yatagarasu::http
