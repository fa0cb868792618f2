#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::support {

// A client's decoder of header blocks (RFC 7541), by nghttp2.
class HpackDecoder {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  HpackDecoder() { nghttp2_hd_inflate_new(&inflater_); }
  HpackDecoder(const HpackDecoder&) = delete;
  HpackDecoder& operator=(const HpackDecoder&) = delete;
  ~HpackDecoder() { nghttp2_hd_inflate_del(inflater_); }

  // As the client's SETTINGS do once they are acknowledged.
  void limit_table(std::size_t bytes) { nghttp2_hd_inflate_change_table_size(inflater_, bytes); }

  // Empty: it is malformed.
  std::optional<Fields> decode(std::string_view block) {
    Fields fields;
    const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
    std::size_t left = block.size();
    for (;;) {
      nghttp2_nv field;
      int flags = 0;
      const ssize_t taken = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
      if (taken < 0) return std::nullopt;
      at += taken;
      left -= static_cast<std::size_t>(taken);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        fields.emplace_back(text(field.name, field.namelen), text(field.value, field.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return fields;
  }

 private:
  static std::string text(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
  }

  nghttp2_hd_inflater* inflater_ = nullptr;
};

}  // namespace yatagarasu::support
