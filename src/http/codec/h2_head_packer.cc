#include "http/codec/h2_head_packer.h"

#include "http/codec/h2_frame_walker.h"
#include "http/codec/h2_output.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace yatagarasu::http {
void H2HeadPacker::pack_continue(std::int32_t stream, H2Output& output) {
  begin(100);
  put_frames(stream, false, output);
}

void H2HeadPacker::pack(std::int32_t stream, const H2Answer& answer, bool ends_stream,
                        H2Output& output) {
  begin(answer.status);
  hpack_.add_lines(answer.headers.wire());
  if (answer.content_length) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), *answer.content_length);
    hpack_.add_field("content-length", {digits.begin(), end.ptr});
  }
  if (!answer.date.empty()) hpack_.add_field("date", answer.date);
  put_frames(stream, ends_stream, output);
}

void H2HeadPacker::begin(int status) {
  block_.clear();
  hpack_.begin(block_);
  hpack_.add_status(status);
}

void H2HeadPacker::put_frames(std::int32_t stream, bool ends_stream, H2Output& output) {
  H2FrameHead frame{.type = H2FrameType::kHeaders,
                    .flags = ends_stream ? kH2EndStream : std::uint8_t{0},
                    .stream = stream};
  for (std::string_view left = block_; !left.empty();) {
    const std::string_view piece = left.substr(0, kH2MaxPayload);
    left.remove_prefix(piece.size());
    frame.length = static_cast<std::uint32_t>(piece.size());
    if (left.empty()) frame.flags |= kH2EndHeaders;
    const auto head = frame.wire();
    output.append({head.data(), head.size()});
    output.append(piece);
    frame.type = H2FrameType::kContinuation;
    frame.flags = 0;
  }
}

}  // namespace yatagarasu::http
