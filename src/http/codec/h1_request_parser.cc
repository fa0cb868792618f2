#include "http/codec/h1_request_parser.h"

#include "http/codec/field_lines.h"
#include "http/codec/head_scanner.h"
#include "http/codec/request_method.h"
#include "http/codec/request_target.h"
#include "http/host.h"
#include "http/message.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::string_view kVersion = "HTTP/1.1";
// What a request line holds besides the target: method, two spaces, version.
constexpr std::size_t kBesidesTarget = kLongestMethod + 2 + kVersion.size();

std::optional<ParseFailure> parse_version(std::string_view text, RequestHead& head) {
  if (text == kVersion || text == "HTTP/1.0") {
    head.version_minor = text.back() - '0';
    return std::nullopt;
  }
  return ParseFailure{.status = 400,
                      .reason = "neither HTTP/1.1 nor HTTP/1.0",
                      .is_foreign = !text.contains("HTTP/")};
}

// RFC 9112 §3.2: exactly one valid Host; HTTP/1.0 may do without.
std::optional<ParseFailure> check_host(const MessageFields& message, int version_minor) {
  if (message.host_count == 0 && version_minor == 0) return std::nullopt;
  if (message.host_count == 0) return ParseFailure{.status = 400, .reason = "no Host"};
  if (message.host_count > 1) return ParseFailure{.status = 400, .reason = "more than one Host"};
  if (!is_valid_host(message.host)) {
    return ParseFailure{.status = 400, .reason = "malformed Host"};
  }
  return std::nullopt;
}

// `message` as it applies to a request.
std::optional<ParseFailure> apply(const MessageFields& message, RequestHead& head) {
  if (const auto failure = check_host(message, head.version_minor)) return failure;
  if (head.host.empty()) head.host = message.host;

  const auto failure = check_transfer_encoding(message, head.version_minor, head.is_chunked);
  if (failure) return failure;
  // Even equal ones: somebody in front may have read another of them.
  if (message.content_length_count > 1) {
    return ParseFailure{.status = 400, .reason = "more than one Content-Length"};
  }
  if (message.content_length_count == 1) head.content_length = message.content_length;

  head.keep_alive = keeps_alive(message, head.version_minor);
  head.expects_continue = message.expects_continue && head.version_minor >= 1;
  return std::nullopt;
}

ParseFailure failure_of(HeadScanner::Verdict verdict) {
  switch (verdict) {
    case HeadScanner::Verdict::kBareLf: return {.status = 400, .reason = "bare LF"};
    case HeadScanner::Verdict::kBadLineStart:
      return {.status = 400, .reason = "a line begins with neither a method nor a field name"};
    case HeadScanner::Verdict::kStartLineTooLong:
      return {.status = 414, .reason = "request line too long"};
    case HeadScanner::Verdict::kHeadTooLong: return {.status = 431, .reason = "head too large"};
    case HeadScanner::Verdict::kNeedMore:
    case HeadScanner::Verdict::kComplete: break;
  }
  return {};
}

}  // namespace

H1RequestParser::H1RequestParser(H1RequestLimits limits)
    : limits_(limits),
      scanner_({.head_bytes = limits.head_bytes,
                .start_line_bytes = limits.uri_bytes + kBesidesTarget,
                .empty_lines = HeadScanner::EmptyLines::kSkip}) {}

ParseProgress H1RequestParser::parse(std::string_view received, RequestHead& head) {
  const HeadScanner::Verdict verdict = scanner_.scan(received);
  if (verdict == HeadScanner::Verdict::kNeedMore) return ParseProgress::kNeedMore;
  if (verdict != HeadScanner::Verdict::kComplete) {
    failure_ = failure_of(verdict);
    return ParseProgress::kFailed;
  }
  // Without the empty line.
  const std::size_t size = scanner_.end() - scanner_.begin() - 2;
  const auto failure = parse_head(received.substr(scanner_.begin(), size), head);
  if (!failure) return ParseProgress::kDone;
  failure_ = *failure;
  return ParseProgress::kFailed;
}

std::optional<ParseFailure> H1RequestParser::parse_head(std::string_view lines,
                                                        RequestHead& head) const {
  const std::size_t lf = lines.find('\n');
  if (const auto failure = parse_request_line(lines.substr(0, lf - 1), head)) return failure;

  head.fields.clear();
  head.content_length.reset();
  MessageFields message;
  if (const auto failure = parse_field_lines(lines.substr(lf + 1), head.fields, message)) {
    return failure;
  }
  return apply(message, head);
}

// RFC 9112 §3: method SP request-target SP HTTP-version, with exactly one space each.
std::optional<ParseFailure> H1RequestParser::parse_request_line(std::string_view line,
                                                                RequestHead& head) const {
  const std::size_t method_end = std::min(line.find(' '), line.size());
  if (const auto failure = parse_method(line.substr(0, method_end), head)) return failure;

  const std::string_view rest = line.substr(std::min(method_end + 1, line.size()));
  const std::size_t target_end = rest.find(' ');
  if (target_end == std::string_view::npos) {
    return ParseFailure{.status = 400, .reason = "malformed request line"};
  }
  if (const auto failure = parse_version(rest.substr(target_end + 1), head)) return failure;
  const std::string_view target = rest.substr(0, target_end);
  if (target.size() > limits_.uri_bytes) {
    return ParseFailure{.status = 414, .reason = "target too long"};
  }
  return parse_request_target(target, head);
}

}  // namespace yatagarasu::http
