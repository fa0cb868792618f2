#include "http/codec/h2_frame_walker.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yatagarasu::http {
namespace {

std::uint32_t byte(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

}  // namespace

void H2FrameWalker::parse_head(std::string_view bytes) {
  head_.length = byte(bytes, 0) << 16U | byte(bytes, 1) << 8U | byte(bytes, 2);
  head_.type = static_cast<H2FrameType>(byte(bytes, 3));
  head_.flags = static_cast<std::uint8_t>(byte(bytes, 4));
  // Without the reserved bit.
  head_.stream = static_cast<std::int32_t>((byte(bytes, 5) & 0x7FU) << 24U | byte(bytes, 6) << 16U |
                                           byte(bytes, 7) << 8U | byte(bytes, 8));
  left_ = head_.length;
}

H2FrameWalker::Step H2FrameWalker::step(std::string_view& received) {
  Step step;
  if (left_ == 0 && head_bytes_ == 0 && received.size() >= kHeadSize) {
    parse_head(received);
    const std::size_t payload = std::min<std::size_t>(left_, received.size() - kHeadSize);
    left_ -= static_cast<std::uint32_t>(payload);
    step = {.bytes = received.substr(0, kHeadSize + payload), .begins = true};
  } else if (left_ == 0) {
    const std::size_t taken = std::min(kHeadSize - head_bytes_, received.size());
    std::ranges::copy(received.substr(0, taken), partial_.begin() + head_bytes_);
    head_bytes_ += taken;
    received.remove_prefix(taken);
    if (head_bytes_ < kHeadSize) return {};
    head_bytes_ = 0;
    const std::string_view whole(partial_.data(), kHeadSize);
    parse_head(whole);
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
