#pragma once

#include "http/codec/h2_output.h"
#include "http/codec/hpack_encoder.h"
#include "http/fields.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {

// One answer's head. What it refers to stays as it is until the head is packed or the stream is
// closed.
struct H2Answer {
  int status = 500;
  const HeaderBlock& headers;
  std::optional<std::uint64_t> content_length{};
  std::string_view date{};  // Where the headers have none; may be empty.
  bool has_body = false;
};

// Packs the heads of answers into frames: HEADERS, and CONTINUATION where one is not enough.
//
// Sans-I/O. All that is packed must leave, in this order (HpackEncoder).
class H2HeadPacker {
 public:
  // The client's SETTINGS_HEADER_TABLE_SIZE.
  void limit_table(std::uint32_t bytes) { hpack_.limit_table(bytes); }

  void pack_continue(std::int32_t stream, H2Output& output);  // 100 (Continue).
  void pack(std::int32_t stream, const H2Answer& answer, bool ends_stream, H2Output& output);

 private:
  void begin(int status);
  void put_frames(std::int32_t stream, bool ends_stream, H2Output& output);

  HpackEncoder hpack_;
  std::string block_;
};

}  // namespace yatagarasu::http
