#pragma once

#include "http/codec/h1_request_parser.h"
#include "http/codec/head_scanner.h"
#include "http/message.h"

#include <cstddef>
#include <string_view>

namespace yatagarasu::http {

// Parses one HTTP/1 response head (RFC 9112), as H1RequestParser does a request's. 1xx heads are
// delivered like any other; the caller skips them.
//
// Refused among others: Content-Length beside Transfer-Encoding, differing Content-Length values,
// a transfer coding other than a final "chunked", obs-fold, CR, LF or NUL in a value.
class H1ResponseParser {
 public:
  explicit H1ResponseParser(std::size_t head_bytes);  // Largest head.

  ParseProgress parse(std::string_view received, ResponseHead& head);

  std::size_t head_size() const { return scanner_.end(); }
  // After kFailed; static text for the log.
  std::string_view failure() const { return failure_; }

  void reset();

 private:
  HeadScanner scanner_;
  std::string_view failure_;
};

}  // namespace yatagarasu::http
