#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Frames of HTTP/2 as bytes, by hand: what a client sends and what comes back.
namespace yatagarasu::h2 {

enum Type : std::uint8_t {
  kData,
  kHeaders,
  kPriority,
  kRstStream,
  kSettings,
  kPushPromise,
  kPing,
  kGoAway,
  kWindowUpdate,
  kContinuation,
  kPriorityUpdate = 16,
};
inline constexpr std::uint8_t kEndStream = 1;
inline constexpr std::uint8_t kAck = 1;
inline constexpr std::uint8_t kEndHeaders = 4;

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::int32_t stream = 0;
  std::string payload{};

  bool ends_stream() const {
    return (type == kData || type == kHeaders) && (flags & kEndStream) != 0;
  }
  // Of RST_STREAM and GOAWAY.
  std::uint32_t error() const {
    const std::size_t at = type == kGoAway ? 4 : 0;
    std::uint32_t code = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      code = code << 8U | static_cast<unsigned char>(payload.at(i));
    }
    return code;
  }
};

inline std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    text += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
  }
  return text;
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::int32_t stream,
                         std::string_view payload = {}) {
  std::string made = number(payload.size(), 3);
  made += static_cast<char>(type);
  made += static_cast<char>(flags);
  made += number(static_cast<std::uint32_t>(stream), 4);
  made += payload;
  return made;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

// A header block without compression: literals that are not indexed (RFC 7541 §6.2.2).
inline std::string block(const Fields& fields) {
  std::string made;
  const auto add = [&made](const std::string& text) {
    if (text.size() < 127) {
      made += static_cast<char>(text.size());
    } else {
      made += '\x7f';
      std::size_t rest = text.size() - 127;
      for (; rest >= 128; rest /= 128) made += static_cast<char>(rest % 128 + 128);
      made += static_cast<char>(rest);
    }
    made += text;
  };
  for (const auto& [name, value] : fields) {
    made += '\0';
    add(name);
    add(value);
  }
  return made;
}

inline Fields head(const std::string& method, const std::string& path, const Fields& more = {}) {
  Fields fields = {
      {":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "a.test"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

inline std::string request(std::int32_t stream, const Fields& fields,
                           std::uint8_t flags = kEndStream | kEndHeaders) {
  return frame(kHeaders, flags, stream, block(fields));
}

inline std::string get(std::int32_t stream, const std::string& path = "/k") {
  return request(stream, head("GET", path));
}

inline std::string settings(std::initializer_list<std::pair<int, std::uint32_t>> entries = {}) {
  std::string payload;
  for (const auto& [key, value] : entries) {
    payload += number(static_cast<std::uint64_t>(key), 2) + number(value, 4);
  }
  return frame(kSettings, 0, 0, payload);
}

inline std::string rst_stream(std::int32_t stream) {
  return frame(kRstStream, 0, stream, number(8, 4));
}

inline std::string window_update(std::int32_t stream, std::uint32_t more) {
  return frame(kWindowUpdate, 0, stream, number(more, 4));
}

inline const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// What a client says first; the server's SETTINGS are taken as read.
inline std::string greeting() {
  return kPreface + settings() + frame(kSettings, kAck, 0);
}

// The whole frames at the front of `bytes`, which they are removed from.
inline std::vector<Frame> take_frames(std::string& bytes) {
  std::vector<Frame> frames;
  const auto byte = [&bytes](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]));
  };
  while (bytes.size() >= 9) {
    const std::size_t length = byte(0) << 16U | byte(1) << 8U | byte(2);
    if (bytes.size() < 9 + length) break;
    const std::uint32_t stream = byte(5) << 24U | byte(6) << 16U | byte(7) << 8U | byte(8);
    frames.push_back({.type = static_cast<std::uint8_t>(byte(3)),
                      .flags = static_cast<std::uint8_t>(byte(4)),
                      .stream = static_cast<std::int32_t>(stream),
                      .payload = bytes.substr(9, length)});
    bytes.erase(0, 9 + length);
  }
  return frames;
}

}  // namespace yatagarasu::h2
