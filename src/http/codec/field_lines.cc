#include "http/codec/field_lines.h"

#include "core/ascii.h"
#include "http/codec/h1_request_parser.h"
#include "http/fields.h"
#include "http/syntax.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace yatagarasu::http {
namespace {

// No object is longer, and sums with it stay in 64 bits.
constexpr std::uint64_t kMaxLength = std::numeric_limits<std::int64_t>::max();

// RFC 9110 §8.6: digits only; no sign, no list, no white space within.
std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : text) {
    if (!core::is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (kMaxLength - digit) / 10) return std::nullopt;
    length = length * 10 + digit;
  }
  return length;
}

bool note_content_length(std::string_view value, MessageFields& message) {
  const auto length = parse_length(value);
  if (!length) return false;
  if (message.content_length_count > 0 && message.content_length != *length) {
    message.content_lengths_differ = true;
  }
  message.content_length = *length;
  ++message.content_length_count;
  return true;
}

// Whether it is a list of codings in which "chunked" comes last or not at all: then the sender is
// right and we do not know the coding.
bool is_unknown_coding(std::string_view value) {
  bool was_chunked = false;
  bool has_coding = false;
  while (const auto coding = next_member(value)) {
    if (was_chunked || !is_token(*coding)) return false;
    was_chunked = core::iequals(*coding, "chunked");
    has_coding = true;
  }
  return has_coding;
}

}  // namespace

// The length of the name decides first: most names are none of these.
bool note_field(const Field& field, MessageFields& message) {
  switch (field.name.size()) {
    case 4:
      if (!core::iequals(field.name, "host")) break;
      message.host = field.value;
      ++message.host_count;
      break;
    case 6:
      if (core::iequals(field.name, "expect") && core::iequals(field.value, "100-continue")) {
        message.expects_continue = true;
      }
      break;
    case 10:
      if (!core::iequals(field.name, "connection")) break;
      message.says_close = message.says_close || has_member(field.value, "close");
      message.says_keep_alive = message.says_keep_alive || has_member(field.value, "keep-alive");
      break;
    case 14:
      if (core::iequals(field.name, "content-length")) {
        return note_content_length(field.value, message);
      }
      break;
    case 17:
      if (!core::iequals(field.name, "transfer-encoding")) break;
      message.transfer_encoding = field.value;
      ++message.transfer_encoding_count;
      break;
    default: break;
  }
  return true;
}

std::optional<ParseFailure> parse_field_lines(std::string_view lines, Fields& fields,
                                              MessageFields& message) {
  std::size_t position = 0;
  while (position < lines.size()) {
    std::size_t colon = position;
    while (is_token_char(lines[colon])) ++colon;
    if (colon == position || lines[colon] != ':') {
      return ParseFailure{.status = 400, .reason = "malformed field name"};
    }
    const std::size_t lf = lines.find('\n', colon);
    const Field field{.name = lines.substr(position, colon - position),
                      .value = core::trim(lines.substr(colon + 1, lf - colon - 2))};
    if (!is_field_value(field.value)) {
      return ParseFailure{.status = 400, .reason = "control character in a field value"};
    }
    if (fields.size() == kMaxFields) {
      return ParseFailure{.status = 431, .reason = "too many fields"};
    }
    if (!note_field(field, message)) {
      return ParseFailure{.status = 400, .reason = "malformed Content-Length"};
    }
    fields.add(field.name, field.value);
    position = lf + 1;
  }
  return std::nullopt;
}

std::optional<ParseFailure> check_transfer_encoding(const MessageFields& message, int version_minor,
                                                    bool& is_chunked) {
  is_chunked = false;
  if (message.transfer_encoding_count == 0) return std::nullopt;
  if (version_minor == 0) {
    return ParseFailure{.status = 400, .reason = "Transfer-Encoding in HTTP/1.0"};
  }
  if (message.content_length_count > 0) {
    return ParseFailure{.status = 400, .reason = "Content-Length beside Transfer-Encoding"};
  }
  if (message.transfer_encoding_count > 1) {
    return ParseFailure{.status = 400, .reason = "more than one Transfer-Encoding"};
  }
  is_chunked = core::iequals(message.transfer_encoding, "chunked");
  if (is_chunked) return std::nullopt;
  if (is_unknown_coding(message.transfer_encoding)) {
    return ParseFailure{.status = 400, .reason = "unknown transfer coding"};
  }
  return ParseFailure{.status = 400, .reason = "malformed Transfer-Encoding"};
}

bool keeps_alive(const MessageFields& message, int version_minor) {
  if (message.says_close) return false;
  return version_minor >= 1 || message.says_keep_alive;
}

}  // namespace yatagarasu::http
