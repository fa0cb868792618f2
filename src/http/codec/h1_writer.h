#pragma once

#include "http/fields.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {

// How the body of one answer is delimited and what becomes of the connection (RFC 9112 §6, §9.3).
struct ResponseFraming {
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;  // Excludes content_length.
  bool keep_alive = true;
  // Of the request: an HTTP/1.0 client is told that the connection stays.
  int version_minor = 1;
};

// The phrase of RFC 9110 §15 or RFC 6585; empty for a status that they do not name.
std::string_view reason_phrase(int status);

// Appends a whole head with its empty line: status line, `headers`, framing. `status` has three
// digits. No Date is added.
void append_response_head(std::string& out, int status, const HeaderBlock& headers,
                          const ResponseFraming& framing);

// The line in front of one chunk (RFC 9112 §7.1); the data and a CRLF follow it.
class ChunkHead {
 public:
  // `size` is not 0, which would end the body. The line lives in this object, until the next call.
  std::string_view format(std::size_t size);

 private:
  std::array<char, 2 * sizeof(std::size_t) + 2> line_{};
};

}  // namespace yatagarasu::http
