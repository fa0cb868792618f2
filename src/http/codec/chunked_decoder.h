#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yatagarasu::http {

// Takes the chunked coding apart (RFC 9112 §7.1), strictly, in place and in any byte split.
//
// Sans-I/O: feed() is given the unread bytes and consumes a part of them. One step yields at most
// one run of data, so that the data can be used without a copy.
class ChunkedDecoder {
 public:
  enum class Status : std::uint8_t {
    kNeedMore,  // All of the input is consumed (`data` may hold a last run); more must come.
    kData,      // `data` holds a run; call again with the rest.
    kEnd,       // The last chunk and the trailers are consumed; the rest is the next message.
    kFailed,    // Malformed, or a chunk line or the trailers are too long.
  };
  struct Step {
    Status status;
    std::size_t consumed;   // Bytes of `input` that are done with, `data` included.
    std::string_view data;  // Within `input`.
  };

  Step feed(std::string_view input);

 private:
  // Sizes with extensions, and all trailers together, may take this much.
  static constexpr std::size_t kMaxLine = 4096;
  static constexpr std::size_t kMaxTrailers = 8192;

  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kEndLf,
    kDone,
    kBad,
  };

  State state_ = State::kSize;
  std::uint64_t left_ = 0;  // Data bytes of the current chunk still to come.
  std::size_t size_digits_ = 0;
  std::size_t line_bytes_ = 0;
};

}  // namespace yatagarasu::http
