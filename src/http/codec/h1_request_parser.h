#pragma once

#include "http/codec/head_scanner.h"
#include "http/message.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yatagarasu::http {

struct H1RequestLimits {
  std::size_t head_bytes = 32 * 1024;  // 431 beyond.
  std::size_t uri_bytes = 8 * 1024;    // 414 beyond.
};

enum class ParseProgress : std::uint8_t { kNeedMore, kDone, kFailed };

// Why a head was refused: the status to answer with (400, 405, 414 or 431) and words for
// the log. After a refusal the connection is closed, since nobody knows where the next request
// begins.
struct ParseFailure {
  int status = 400;
  std::string_view reason;  // Static text.
  // The request line ends without a word of HTTP: whoever sent it speaks something else.
  bool is_foreign = false;
};

// Parses one HTTP/1 request head (RFC 9112), strictly: what two recipients could read differently
// is refused. The verdict depends on the bytes alone, never on how they were split: a line that
// ends in a bare LF or begins like no HTTP, and whatever is too long, is refused when it is seen,
// before anything else is looked at; the rest when the head is complete.
//
// Sans-I/O: the caller keeps the received bytes in one buffer and calls parse() with all of them
// after each read. The scan for the end of the head goes on where it stopped, so the cost is
// linear. The head is parsed when it is complete; bytes behind it are left alone.
// For one request: the next one gets a new parser.
class H1RequestParser {
 public:
  explicit H1RequestParser(H1RequestLimits limits);

  // `received` begins with the request, at the same bytes in every call; it may have moved.
  // Empty lines in front of the request line are skipped (RFC 9112 §2.2) and counted in
  // head_size().
  ParseProgress parse(std::string_view received, RequestHead& head);

  // After kDone: the bytes of `received` that belong to the head.
  std::size_t head_size() const { return scanner_.end(); }
  // After kFailed.
  const ParseFailure& failure() const { return failure_; }
  // After kNeedMore: whether any byte other than an empty line has come. Before that the connection
  // counts as idle.
  bool has_begun() const { return scanner_.has_begun(); }

 private:
  std::optional<ParseFailure> parse_head(std::string_view lines, RequestHead& head) const;
  std::optional<ParseFailure> parse_request_line(std::string_view line, RequestHead& head) const;

  H1RequestLimits limits_;
  HeadScanner scanner_;
  ParseFailure failure_;
};

}  // namespace yatagarasu::http
