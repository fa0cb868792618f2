#include "http/codec/chunked_decoder.h"

#include "core/ascii.h"
#include "http/syntax.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::uint64_t kMaxChunk = std::numeric_limits<std::int64_t>::max();

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t';
}

constexpr bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::feed(std::string_view input) {
  std::size_t position = 0;
  while (position < input.size() && state_ != State::kDone && state_ != State::kBad) {
    if (state_ == State::kData) {
      const auto run =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - position));
      const std::string_view data = input.substr(position, run);
      position += run;
      left_ -= run;
      if (left_ == 0) state_ = State::kDataCr;
      return {.status = position == input.size() ? Status::kNeedMore : Status::kData,
              .consumed = position,
              .data = data};
    }
    state_ = after(input[position]);
    ++position;
  }
  const Status status = state_ == State::kDone  ? Status::kEnd
                        : state_ == State::kBad ? Status::kFailed
                                                : Status::kNeedMore;
  return {.status = status, .consumed = position, .data = {}};
}

ChunkedDecoder::State ChunkedDecoder::after(char c) {
  switch (state_) {
    case State::kSize:
    case State::kBeforeExtension:
    case State::kExtensionStart:
    case State::kExtensionName:
    case State::kExtensionNameEnd:
    case State::kExtensionValueStart:
    case State::kExtensionValue:
    case State::kQuoted:
    case State::kQuotedPair:
    case State::kQuotedEnd:
      if (++line_bytes_ > kMaxLine) return State::kBad;
      return state_ == State::kSize ? after_size(c) : after_extension(c);
    case State::kSizeLf: return c == '\n' ? after_size_line() : State::kBad;
    case State::kDataCr: return c == '\r' ? State::kDataLf : State::kBad;
    case State::kDataLf: return c == '\n' ? State::kSize : State::kBad;
    case State::kTrailerStart:
    case State::kTrailerName:
    case State::kTrailerValue:
    case State::kTrailerLf:
      if (++line_bytes_ > kMaxTrailers) return State::kBad;
      return after_trailer(c);
    case State::kEndLf: return c == '\n' ? State::kDone : State::kBad;
    case State::kData:
    case State::kDone:
    case State::kBad: break;
  }
  return State::kBad;
}

ChunkedDecoder::State ChunkedDecoder::after_size(char c) {
  if (const int digit = core::hex_value(c); digit >= 0) {
    if (++size_digits_ > kMaxSizeDigits) return State::kBad;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return left_ > kMaxChunk ? State::kBad : State::kSize;
  }
  if (size_digits_ == 0) return State::kBad;
  if (c == '\r') return State::kSizeLf;
  if (c == ';') return State::kExtensionStart;
  return is_space(c) ? State::kBeforeExtension : State::kBad;
}

// RFC 9112 §7.1.1: *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ).
ChunkedDecoder::State ChunkedDecoder::after_extension(char c) {
  switch (state_) {
    case State::kBeforeExtension:
      if (is_space(c)) return state_;
      return c == ';' ? State::kExtensionStart : State::kBad;
    case State::kExtensionStart:
      if (is_space(c)) return state_;
      return is_token_char(c) ? State::kExtensionName : State::kBad;
    case State::kExtensionName:
      if (is_token_char(c)) return state_;
      return c == '\r' ? State::kSizeLf : after_extension_name(c);
    case State::kExtensionNameEnd: return after_extension_name(c);
    default: return after_extension_value(c);
  }
}

ChunkedDecoder::State ChunkedDecoder::after_extension_name(char c) {
  if (c == '=') return State::kExtensionValueStart;
  if (c == ';') return State::kExtensionStart;
  return is_space(c) ? State::kExtensionNameEnd : State::kBad;
}

ChunkedDecoder::State ChunkedDecoder::after_extension_value(char c) {
  switch (state_) {
    case State::kExtensionValueStart:
      if (is_space(c)) return state_;
      if (c == '"') return State::kQuoted;
      return is_token_char(c) ? State::kExtensionValue : State::kBad;
    case State::kQuoted:
      if (c == '"') return State::kQuotedEnd;
      if (c == '\\') return State::kQuotedPair;
      return is_text(c) ? state_ : State::kBad;
    case State::kQuotedPair: return is_text(c) ? State::kQuoted : State::kBad;
    default: break;  // Behind the value or in it.
  }
  if (state_ == State::kExtensionValue && is_token_char(c)) return state_;
  if (c == ';') return State::kExtensionStart;
  if (c == '\r') return State::kSizeLf;
  return is_space(c) ? State::kBeforeExtension : State::kBad;
}

ChunkedDecoder::State ChunkedDecoder::after_size_line() {
  overhead_ += line_bytes_;
  overhead_ -= std::min(overhead_, left_ + kFreeLine);
  if (overhead_ > kMaxOverhead) return State::kBad;
  size_digits_ = 0;
  line_bytes_ = 0;
  return left_ == 0 ? State::kTrailerStart : State::kData;
}

ChunkedDecoder::State ChunkedDecoder::after_trailer(char c) {
  switch (state_) {
    case State::kTrailerStart:
      if (c == '\r') return State::kEndLf;
      name_size_ = 0;
      [[fallthrough]];
    case State::kTrailerName:
      if (c == ':' && name_size_ > 0) return after_trailer_name();
      if (!is_token_char(c)) return State::kBad;
      if (name_size_ < name_.size()) name_[name_size_++] = c;
      return State::kTrailerName;
    case State::kTrailerValue:
      if (c == '\r') return State::kTrailerLf;
      return is_text(c) ? state_ : State::kBad;
    default: return c == '\n' ? State::kTrailerStart : State::kBad;
  }
}

ChunkedDecoder::State ChunkedDecoder::after_trailer_name() {
  const std::string_view name(name_.data(), name_size_);
  const bool is_forbidden = core::iequals(name, "content-length") ||
                            core::iequals(name, "transfer-encoding") || core::iequals(name, "host");
  return is_forbidden ? State::kBad : State::kTrailerValue;
}

}  // namespace yatagarasu::http
