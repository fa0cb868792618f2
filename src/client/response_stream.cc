#include "client/response_stream.h"

#include "client/connection_pool.h"
#include "core/result.h"
#include "http/codec/chunked_decoder.h"
#include "http/codec/h1_request_parser.h"
#include "http/message.h"
#include "io/buffer_pool.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::client {
namespace {

using core::ErrorCode;

// What a response head may take. S3 allows 2 KiB of user metadata; other servers send cookies.
constexpr std::size_t kMaxHead = 64 * 1024;
// 1xx heads in front of the response; one is usual.
constexpr unsigned kMaxInterimHeads = 8;

constexpr int kSwitchingProtocols = 101;
constexpr int kRequestTimeout = 408;

bool may_have_body(const http::ResponseHead& head, ResponseBody body) {
  return body == ResponseBody::kExpected && head.status != 204 && head.status != 304;
}

}  // namespace

ResponseStream::ResponseStream(io::Loop& loop, ConnectionPool::Lease connection,
                               const Options& options)
    : connection_(std::move(connection)),
      options_(options),
      input_(loop.buffers()),
      parser_(kMaxHead) {}

core::Result<ResponseStream::Progress> ResponseStream::advance(std::string_view& unsent) {
  if (unsent.empty()) return receive_head();
  while (!unsent.empty()) {
    const std::array<iovec, 1> parts = {
        iovec{.iov_base = const_cast<char*>(unsent.data()), .iov_len = unsent.size()}};
    const io::IoResult written = stream().try_write(parts, io::More::kNo);
    switch (written.status) {
      case io::IoStatus::kOk: unsent.remove_prefix(written.bytes); break;
      case io::IoStatus::kWantRead: return Progress::kWantRead;
      case io::IoStatus::kWantWrite: return Progress::kWantWrite;
      case io::IoStatus::kEnd:
      case io::IoStatus::kFailed:
        return core::failure(ErrorCode::kOriginUnreachable,
                             "the connection broke under the request: " + stream().last_error());
    }
  }
  return Progress::kWantRead;  // No answer can be here yet.
}

core::Result<ResponseStream::Progress> ResponseStream::receive_head() {
  for (;;) {
    const io::IoResult read = stream().try_read(input_.prepare(kMaxHead + 1));
    switch (read.status) {
      case io::IoStatus::kOk: break;
      case io::IoStatus::kWantRead:
      case io::IoStatus::kWantWrite:
        input_.release_if_empty();
        return read.status == io::IoStatus::kWantRead ? Progress::kWantRead : Progress::kWantWrite;
      case io::IoStatus::kEnd:
        return core::failure(ErrorCode::kOriginUnreachable,
                             has_received_ ? "the connection was closed within the answer's head"
                                           : "the connection was closed before the answer");
      case io::IoStatus::kFailed:
        return core::failure(ErrorCode::kOriginUnreachable,
                             "the connection broke before the answer: " + stream().last_error());
    }
    has_received_ = true;
    input_.commit(read.bytes);
    const core::Result<bool> is_complete = parse_head();
    if (!is_complete) return std::unexpected(is_complete.error());
    if (*is_complete) return begin_body();
  }
}

core::Result<bool> ResponseStream::parse_head() {
  for (;;) {
    switch (parser_.parse(input_.unread(), head_)) {
      case http::ParseProgress::kNeedMore: return false;
      case http::ParseProgress::kFailed:
        return core::failure(ErrorCode::kOriginMalformed,
                             "the answer is malformed: " + std::string(parser_.failure()));
      case http::ParseProgress::kDone: break;
    }
    if (head_.status >= 200) return true;
    if (head_.status == kSwitchingProtocols) {
      return core::failure(ErrorCode::kOriginMalformed,
                           "the answer is malformed: it switches protocols unasked");
    }
    if (++interim_heads_ > kMaxInterimHeads) {
      return core::failure(ErrorCode::kOriginMalformed,
                           "the answer is malformed: too many interim heads");
    }
    input_.consume(parser_.head_size());
    parser_.reset();
  }
}

core::Result<ResponseStream::Progress> ResponseStream::begin_body() {
  // Some servers say so before they close a connection that was idle for too long; it is no
  // answer to this request (RFC 9110 §15.5.9).
  if (head_.status == kRequestTimeout && !head_.keep_alive && connection_.is_reused()) {
    is_given_up_ = true;
    return core::failure(ErrorCode::kOriginUnreachable, "the server gave the connection up");
  }
  input_.consume(parser_.head_size());
  if (!may_have_body(head_, options_.body)) {
    left_ = 0;
  } else if (head_.is_chunked) {
    framing_ = Framing::kChunked;
  } else if (head_.content_length) {
    left_ = *head_.content_length;
  } else {
    framing_ = Framing::kUntilClose;
  }
  end_if_all_received();
  return Progress::kComplete;
}

bool ResponseStream::is_stale_connection() const {
  return connection_.is_reused() && (!has_received_ || is_given_up_);
}

std::optional<std::uint64_t> ResponseStream::length() const {
  if (framing_ != Framing::kLength) return std::nullopt;
  return handed_out_ + left_;
}

io::Task<core::Result<std::string_view>> ResponseStream::next() {
  for (;;) {
    core::Result<std::string_view> piece = take_buffered();
    if (!piece || !piece->empty()) co_return piece;
    if (is_ended()) {
      input_.release_if_empty();
      co_return std::string_view();
    }
    if (!connection_) co_return std::unexpected(cut("it was given up"));

    const io::IoResult read = stream().try_read(input_.prepare(io::BufferPool::kSize));
    if (read.status == io::IoStatus::kWantRead || read.status == io::IoStatus::kWantWrite) {
      input_.release_if_empty();
      const io::Want want =
          read.status == io::IoStatus::kWantRead ? io::Want::kRead : io::Want::kWrite;
      const io::TimePoint deadline =
          std::min(io::deadline_after(options_.stall), options_.deadline);
      const io::WaitStatus status = co_await stream().wait(want, deadline);
      if (status == io::WaitStatus::kTimedOut) co_return std::unexpected(stalled());
      continue;
    }
    if (auto error = received(read)) co_return std::unexpected(std::move(*error));
  }
}

std::string_view ResponseStream::ready() {
  // What is malformed is so again in next().
  return take_buffered().value_or(std::string_view());
}

std::optional<io::RawBytes> ResponseStream::raw() {
  if (framing_ != Framing::kLength || left_ == 0 || !input_.empty() || !connection_ ||
      stream().plain_descriptor() < 0) {
    return std::nullopt;
  }
  input_.release_if_empty();
  return io::RawBytes{.stream = stream(), .bytes = left_, .stall = options_.stall};
}

void ResponseStream::raw_taken(std::uint64_t bytes) {
  left_ -= bytes;
  handed_out_ += bytes;
  end_if_all_received();
}

core::Result<std::string_view> ResponseStream::take_buffered() {
  if (framing_ == Framing::kChunked) return take_chunked();
  std::string_view piece = input_.unread();
  if (framing_ == Framing::kLength) {
    piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size())));
    left_ -= piece.size();
  }
  input_.consume(piece.size());
  handed_out_ += piece.size();
  return piece;
}

core::Result<std::string_view> ResponseStream::take_chunked() {
  while (!is_end_seen_) {
    const http::ChunkedDecoder::Step step = chunked_.feed(input_.unread());
    input_.consume(step.consumed);
    handed_out_ += step.data.size();
    if (step.status == http::ChunkedDecoder::Status::kFailed) {
      connection_.reset();
      return core::failure(ErrorCode::kOriginMalformed, "the body's chunked coding is malformed");
    }
    if (step.status == http::ChunkedDecoder::Status::kEnd) {
      is_end_seen_ = true;
      release_connection(input_.empty() ? Reusable::kYes : Reusable::kNo);
    }
    if (!step.data.empty() || step.status == http::ChunkedDecoder::Status::kNeedMore) {
      return step.data;
    }
  }
  return std::string_view();
}

std::optional<core::Error> ResponseStream::received(io::IoResult read) {
  if (read.status == io::IoStatus::kOk) {
    input_.commit(read.bytes);
    end_if_all_received();
    return std::nullopt;
  }
  if (read.status == io::IoStatus::kEnd && framing_ == Framing::kUntilClose) {
    is_end_seen_ = true;
    connection_.reset();
    return std::nullopt;
  }
  const std::string how = read.status == io::IoStatus::kEnd ? "closed" : stream().last_error();
  connection_.reset();
  return cut(how);
}

bool ResponseStream::is_ended() const {
  return framing_ == Framing::kLength ? left_ == 0 : is_end_seen_;
}

void ResponseStream::end_if_all_received() {
  if (framing_ != Framing::kLength || input_.unread().size() < left_) return;
  release_connection(input_.unread().size() == left_ ? Reusable::kYes : Reusable::kNo);
}

void ResponseStream::release_connection(Reusable reusable) {
  if (!connection_) return;
  if (reusable == Reusable::kYes && head_.keep_alive) {
    connection_.give_back();
  } else {
    connection_.reset();
  }
}

std::string ResponseStream::progress_text() const {
  std::string text = std::to_string(handed_out_);
  if (const auto whole = length()) text += " of " + std::to_string(*whole);
  return text + " bytes";
}

core::Error ResponseStream::cut(std::string_view how) const {
  return {ErrorCode::kOriginUnreachable,
          "body cut after " + progress_text() + ": " + std::string(how)};
}

core::Error ResponseStream::stalled() {
  connection_.reset();
  return {ErrorCode::kOriginTimeout, "body stalled after " + progress_text()};
}

}  // namespace yatagarasu::client
