#include "server/response_writer.h"

#include "core/result.h"
#include "http/codec/h1_writer.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "io/shared_bytes.h"
#include "io/stream.h"
#include "io/task.h"
#include "server/current_date.h"
#include "server/framing.h"
#include "server/handler.h"
#include "server/splice.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace yatagarasu::server {
namespace {

using Outcome = ResponseObserver::Outcome;

// Below this the two more system calls and the pipe cost more than the copy.
constexpr std::uint64_t kSpliceWorthwhile = 64 * 1024;

// Pieces of a shared body that leave in one write, with the head: an object of a few MiB.
constexpr std::size_t kGathered = 64;

constexpr std::string_view kLastChunk = "0\r\n\r\n";

iovec part(std::string_view bytes) {
  return {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};  // Only read.
}

}  // namespace

void ResponseWriter::make_head(const Response& response) {
  const bool is_stream = std::holds_alternative<std::unique_ptr<io::ByteSource>>(response.body);
  std::optional<std::uint64_t> length = response.content_length;
  if (!length && !is_stream) length = size_at_hand(response.body);

  if (forbids_body(response.status)) {
    length.reset();
  } else if (options_.method != http::Method::kHead) {
    framing_ = length                        ? Framing::kLength
               : options_.version_minor >= 1 ? Framing::kChunked
                                             : Framing::kClose;
    length_ = length.value_or(0);
  }
  written_.ends_by_close = framing_ == Framing::kClose;
  options_.keep_alive = options_.keep_alive && !response.close && framing_ != Framing::kClose;

  head_.reserve(response.headers.wire().size() + 160);
  http::append_response_head(head_, response.status, response.headers,
                             {.content_length = length,
                              .is_chunked = framing_ == Framing::kChunked,
                              .keep_alive = options_.keep_alive,
                              .version_minor = options_.version_minor});
  if (!response.headers.has("Date")) {
    head_.resize(head_.size() - 2);  // The empty line that ends the head.
    head_ += "Date: ";  // RFC 9110 §6.6.1: an origin's stays, a message without one gets it here.
    head_ += current_date();
    head_ += "\r\n\r\n";
  }
}

void ResponseWriter::end_whole() {
  written_.outcome = Outcome::kWhole;
  written_.keep_alive = options_.keep_alive;
}

void ResponseWriter::begin(const Response& response) {
  if (std::exchange(has_begun_, true)) return;
  make_head(response);
}

bool ResponseWriter::try_write(const Response& response) {
  begin(response);
  const bool is_stream = std::holds_alternative<std::unique_ptr<io::ByteSource>>(response.body);
  if (is_stream && framing_ != Framing::kNone) return false;
  return try_write_rest(response);
}

io::Task<void> ResponseWriter::write(Response& response) {
  begin(response);
  auto* const stream = std::get_if<std::unique_ptr<io::ByteSource>>(&response.body);
  if (stream != nullptr && framing_ != Framing::kNone) {
    co_await write_stream(**stream, response.observer.get());
  } else {
    co_await write_rest(response);
  }
}

std::span<iovec> ResponseWriter::gather(const Response& response, std::span<iovec> parts) const {
  std::size_t count = 0;
  if (head_sent_ < head_.size()) parts[count++] = part(std::string_view(head_).substr(head_sent_));
  if (framing_ != Framing::kLength) return parts.first(count);
  if (const auto* const shared = std::get_if<io::SharedBytesRef>(&response.body)) {
    count += (*shared)->gather(written_.body_bytes, parts.subspan(count));
  } else if (const auto* const bytes = std::get_if<std::string>(&response.body);
             bytes != nullptr && written_.body_bytes < bytes->size()) {
    parts[count++] = part(std::string_view(*bytes).substr(written_.body_bytes));
  }
  return parts.first(count);
}

void ResponseWriter::add_sent(std::size_t bytes) {
  const std::size_t of_head = std::min(bytes, head_.size() - head_sent_);
  head_sent_ += of_head;
  written_.body_bytes += bytes - of_head;
}

bool ResponseWriter::is_all_sent() const {
  return head_sent_ == head_.size() &&
         (framing_ != Framing::kLength || written_.body_bytes == length_);
}

// Where the connection ends with this answer, its end leaves with the last bytes.
io::More ResponseWriter::after_the_rest() const {
  return options_.keep_alive ? io::More::kNo : io::More::kYes;
}

// True when there is nothing left to write, whatever came of it.
bool ResponseWriter::try_write_rest(const Response& response) {
  if (framing_ == Framing::kLength && size_at_hand(response.body) != length_) {
    cut_by_origin();
    return true;
  }
  while (!is_all_sent()) {
    std::array<iovec, kGathered> room{};
    const io::IoResult sent = stream_.try_write(gather(response, room), after_the_rest());
    if (sent.status != io::IoStatus::kOk) return false;
    add_sent(sent.bytes);
  }
  end_whole();
  return true;
}

io::Task<void> ResponseWriter::write_rest(const Response& response) {
  while (!try_write_rest(response)) {
    std::array<iovec, kGathered> room{};
    const std::span<iovec> parts = gather(response, room);
    std::size_t bytes = 0;
    for (const iovec& each : parts) bytes += each.iov_len;
    const auto sent =
        co_await io::write_all(stream_, parts, options_.write_stall, after_the_rest());
    if (!sent) co_return;
    add_sent(bytes);
  }
}

io::Task<bool> ResponseWriter::write_piece(std::string_view head, std::string_view piece) {
  http::ChunkHead chunk_head;
  std::array<iovec, 4> parts{};
  std::size_t count = 0;
  if (!head.empty()) parts[count++] = part(head);
  if (framing_ == Framing::kChunked && !piece.empty()) {
    parts[count++] = part(chunk_head.format(piece.size()));
    parts[count++] = part(piece);
    parts[count++] = part("\r\n");
  } else if (!piece.empty()) {
    parts[count++] = part(piece);
  }
  const std::span<iovec> left =
      io::try_write_all(stream_, std::span(parts).first(count), io::More::kNo);
  if (left.empty()) co_return true;
  const auto sent = co_await io::write_all(stream_, left, options_.write_stall, io::More::kNo);
  co_return sent.has_value();
}

// True when the raw offer was taken, whatever became of it; false when there is none.
io::Task<bool> ResponseWriter::write_raw(io::ByteSource& source) {
  const std::optional<io::RawBytes> raw = source.raw();
  if (!raw || raw->bytes < kSpliceWorthwhile || framing_ != Framing::kLength ||
      raw->bytes != length_ - written_.body_bytes) {
    co_return false;
  }
  const SpliceEnd end =
      co_await splice_body(loop_, *raw, stream_, options_.write_stall, written_.body_bytes);
  switch (end) {
    case SpliceEnd::kDone:
      source.raw_taken(raw->bytes);
      end_whole();
      break;
    case SpliceEnd::kUnavailable: co_return false;
    case SpliceEnd::kClientGone: break;
    case SpliceEnd::kOriginCut: cut_by_origin(); break;
  }
  co_return true;
}

io::Task<void> ResponseWriter::write_stream(io::ByteSource& source, ResponseObserver* observer) {
  std::string_view head = head_;
  std::string_view piece = source.ready();
  for (;;) {
    // The length guard: what the source yields beyond the promise is never sent.
    if (framing_ == Framing::kLength && piece.size() > length_ - written_.body_bytes) {
      cut_by_origin();
      co_return;
    }
    const bool sent = co_await write_piece(std::exchange(head, {}), piece);
    if (!sent) co_return;
    if (observer != nullptr) std::exchange(observer, nullptr)->begun();
    written_.body_bytes += piece.size();
    if (framing_ == Framing::kLength && written_.body_bytes == length_) break;

    const bool is_spliced = co_await write_raw(source);
    if (is_spliced) co_return;
    const core::Result<std::string_view> next = co_await source.next();
    if (!next) {
      cut_by_origin();
      co_return;
    }
    if (next->empty()) break;
    piece = *next;
  }
  if (framing_ == Framing::kLength && written_.body_bytes < length_) {
    cut_by_origin();
    co_return;
  }
  if (framing_ == Framing::kChunked) {
    const bool sent = co_await write_piece(kLastChunk, {});
    if (!sent) co_return;
  }
  end_whole();
}

}  // namespace yatagarasu::server
