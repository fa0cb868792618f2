#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yatagarasu::http {

// Finds the end of an HTTP/1 head as its bytes arrive, each byte looked at once, and refuses at
// once what can never become a head: a line that ends in a bare LF, a line that begins with
// anything but a token (obs-fold, binary protocols), a start line or a head beyond its limit.
//
// The verdict depends on the bytes alone, never on how they were split: every rule is decided at
// one byte of the head, and the rules are applied in the order of those bytes.
class HeadScanner {
 public:
  enum class EmptyLines : std::uint8_t { kRefuse, kSkip };  // In front of the start line.
  struct Options {
    std::size_t head_bytes;
    std::size_t start_line_bytes;  // Without its CRLF.
    EmptyLines empty_lines;
  };
  enum class Verdict : std::uint8_t {
    kNeedMore,
    kComplete,
    kBareLf,
    kBadLineStart,
    kStartLineTooLong,
    kHeadTooLong,
  };

  explicit HeadScanner(const Options& options) : options_(options) {}

  // All bytes so far, the same ones in front in every call.
  Verdict scan(std::string_view received);

  // After kComplete: where the start line begins, and the end of the head behind its empty line.
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return line_; }
  // Whether a byte of the start line has come.
  bool has_begun() const { return has_begun_; }

  void reset();

 private:
  Verdict scan_clipped(std::string_view head);
  Verdict scan_line(std::string_view head);

  Options options_;
  std::size_t begin_ = 0;
  std::size_t line_ = 0;     // Where the current line begins.
  std::size_t scanned_ = 0;  // No LF between line_ and here.
  bool has_begun_ = false;
  bool has_start_line_ = false;
};

}  // namespace yatagarasu::http
