#pragma once

#include "http/codec/h1_request_parser.h"
#include "http/fields.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yatagarasu::http {

// More fields than any honest message has; the bound keeps look-ups by name short.
inline constexpr std::size_t kMaxFields = 128;

// What the fields of one head say about the message itself, gathered while they are parsed.
struct MessageFields {
  std::string_view host;
  std::size_t host_count = 0;

  std::uint64_t content_length = 0;
  std::size_t content_length_count = 0;
  bool content_lengths_differ = false;

  std::string_view transfer_encoding;
  std::size_t transfer_encoding_count = 0;

  bool says_close = false;
  bool says_keep_alive = false;
  bool expects_continue = false;
};

// Takes in what a field says about the message. False when one that frames it is malformed.
bool note_field(const Field& field, MessageFields& message);

// Parses the lines between the start line and the empty line, each with its CRLF, as HeadScanner
// found them. Empty when all is well; the status of a failure matters to requests only.
std::optional<ParseFailure> parse_field_lines(std::string_view lines, Fields& fields,
                                              MessageFields& message);

// RFC 9112 §6.1, §6.3: whether the body is chunked. A failure for every framing that two
// recipients could read differently, and for codings that are not understood.
std::optional<ParseFailure> check_transfer_encoding(const MessageFields& message, int version_minor,
                                                    bool& is_chunked);

// RFC 9112 §9.3.
bool keeps_alive(const MessageFields& message, int version_minor);

}  // namespace yatagarasu::http
