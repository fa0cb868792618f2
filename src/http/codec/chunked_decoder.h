#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yatagarasu::http {

// Takes the chunked coding apart (RFC 9112 §7.1), strictly, in place and in any byte split.
//
// Sans-I/O: feed() is given the unread bytes and consumes a part of them. One step yields at most
// one run of data, so that the data can be used without a copy. Extensions and trailers are
// checked and dropped; a trailer that would frame or route the message is refused (RFC 9110
// §6.5.1).
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
  // A size with its extensions, and all trailers together, may take this much.
  static constexpr std::size_t kMaxLine = 4096;
  static constexpr std::size_t kMaxTrailers = 8192;
  // What chunk lines may take in excess of the data, so that a body of tiny chunks with large
  // extensions costs its sender more than us (CVE-2023-39326). Each line has kFreeLine for nothing.
  static constexpr std::uint64_t kMaxOverhead = 16384;
  static constexpr std::uint64_t kFreeLine = 16;
  // Sixteen hexadecimal digits fill 64 bits.
  static constexpr std::size_t kMaxSizeDigits = 16;

  enum class State : std::uint8_t {
    kSize,
    kBeforeExtension,  // White space that a ";" must follow.
    kExtensionStart,   // Behind the ";".
    kExtensionName,
    kExtensionNameEnd,  // White space behind the name.
    kExtensionValueStart,
    kExtensionValue,
    kQuoted,
    kQuotedPair,
    kQuotedEnd,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kEndLf,
    kDone,
    kBad,
  };

  State after(char c);
  State after_size(char c);
  State after_extension(char c);
  State after_extension_name(char c);
  State after_extension_value(char c);
  State after_size_line();
  State after_trailer(char c);
  State after_trailer_name();

  State state_ = State::kSize;
  std::uint64_t left_ = 0;  // Data bytes of the current chunk still to come.
  std::uint64_t overhead_ = 0;
  std::size_t size_digits_ = 0;
  std::size_t line_bytes_ = 0;  // Of the current chunk line, or of the trailers.
  // The begin of the current trailer's name, long enough to tell the forbidden ones.
  std::array<char, 18> name_{};
  std::size_t name_size_ = 0;
};

}  // namespace yatagarasu::http
