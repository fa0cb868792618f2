#include "http/codec/h1_response_parser.h"

#include "core/ascii.h"
#include "http/codec/field_lines.h"
#include "http/codec/h1_request_parser.h"
#include "http/codec/head_scanner.h"
#include "http/message.h"
#include "http/syntax.h"

#include <cstddef>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::size_t kStatusAt = kVersion.size() + 2;  // Behind the minor version and a space.
constexpr std::size_t kReasonAt = kStatusAt + 3;

// RFC 9112 §4: HTTP-version SP status-code SP [ reason-phrase ]. Some servers leave out the last
// space with an empty reason; nobody can read that in two ways.
bool parse_status_line(std::string_view line, ResponseHead& head) {
  if (line.size() < kReasonAt || !line.starts_with(kVersion)) return false;
  const char minor = line[kVersion.size()];
  if ((minor != '0' && minor != '1') || line[kStatusAt - 1] != ' ') return false;
  head.version_minor = minor - '0';

  head.status = 0;
  for (const char c : line.substr(kStatusAt, 3)) {
    if (!core::is_digit(c)) return false;
    head.status = head.status * 10 + (c - '0');
  }
  if (head.status < 100 || head.status > 599) return false;

  if (line.size() == kReasonAt) {
    head.reason = {};
    return true;
  }
  head.reason = line.substr(kReasonAt + 1);
  return line[kReasonAt] == ' ' && is_field_value(head.reason);
}

// Empty when all is well. `lines` is the head without its empty line.
std::string_view parse_head(std::string_view lines, ResponseHead& head) {
  const std::size_t lf = lines.find('\n');
  if (!parse_status_line(lines.substr(0, lf - 1), head)) return "malformed status line";

  head.fields.clear();
  MessageFields message;
  if (const auto failure = parse_field_lines(lines.substr(lf + 1), head.fields, message)) {
    return failure->reason;
  }
  const auto failure = check_transfer_encoding(message, head.version_minor, head.is_chunked);
  if (failure) return failure->reason;
  if (message.content_lengths_differ) return "differing Content-Length values";
  head.content_length.reset();
  if (message.content_length_count > 0) head.content_length = message.content_length;
  head.keep_alive = keeps_alive(message, head.version_minor);
  return {};
}

std::string_view failure_of(HeadScanner::Verdict verdict) {
  switch (verdict) {
    case HeadScanner::Verdict::kBareLf: return "bare LF";
    case HeadScanner::Verdict::kBadLineStart:
      return "a line begins with neither a version nor a field name";
    case HeadScanner::Verdict::kStartLineTooLong:
    case HeadScanner::Verdict::kHeadTooLong: return "head too large";
    case HeadScanner::Verdict::kNeedMore:
    case HeadScanner::Verdict::kComplete: break;
  }
  return {};
}

}  // namespace

H1ResponseParser::H1ResponseParser(std::size_t head_bytes)
    : scanner_({.head_bytes = head_bytes,
                .start_line_bytes = head_bytes,
                .empty_lines = HeadScanner::EmptyLines::kRefuse}) {}

ParseProgress H1ResponseParser::parse(std::string_view received, ResponseHead& head) {
  const HeadScanner::Verdict verdict = scanner_.scan(received);
  if (verdict == HeadScanner::Verdict::kNeedMore) return ParseProgress::kNeedMore;
  failure_ = verdict == HeadScanner::Verdict::kComplete
                 ? parse_head(received.substr(0, scanner_.end() - 2), head)
                 : failure_of(verdict);
  return failure_.empty() ? ParseProgress::kDone : ParseProgress::kFailed;
}

void H1ResponseParser::reset() {
  scanner_.reset();
  failure_ = {};
}

}  // namespace yatagarasu::http
