#include "server/http2_body.h"

#include "core/result.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_session.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "io/shared_bytes.h"
#include "server/framing.h"
#include "server/handler.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace yatagarasu::server {

using Then = http::H2Bodies::Then;

void Http2Body::begin(const Response& response, http::Method method) {
  *this = {};
  body_ = &response.body;
  const auto* const stream = std::get_if<std::unique_ptr<io::ByteSource>>(body_);
  announced_ = response.content_length;
  if (!announced_ && stream == nullptr) announced_ = size_at_hand(*body_);
  if (forbids_body(response.status)) {
    announced_.reset();
    return;
  }
  if (method == http::Method::kHead || announced_ == 0) return;
  has_body_ = true;
  is_length_known_ = announced_.has_value();
  length_ = announced_.value_or(0);
  if (stream == nullptr) {
    is_cut_ = size_at_hand(*body_) != length_;
    return;
  }
  source_ = stream->get();
  take_piece(source_->ready());
}

void Http2Body::take(const core::Result<std::string_view>& piece) {
  if (!piece) {
    is_cut_ = is_at_end_ = true;
  } else if (piece->empty()) {
    is_at_end_ = true;
    is_cut_ = is_length_known_ && packed_ < length_;
  } else {
    take_piece(*piece);
  }
}

void Http2Body::take_piece(std::string_view piece) {
  // What the source yields beyond the promise is never sent.
  if (is_length_known_ && piece.size() > length_ - packed_) {
    is_cut_ = is_at_end_ = true;
    return;
  }
  piece_ = piece;
  if (is_length_known_ && piece.size() == length_ - packed_) is_at_end_ = true;
}

http::H2Bodies::Offer Http2Body::offer(std::size_t most) const {
  if (is_cut_) return {.bytes = 0, .then = Then::kCut};
  const std::uint64_t at_hand = source_ == nullptr ? length_ - packed_ : piece_.size();
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(most, at_hand));
  const bool ends = bytes == at_hand && (source_ == nullptr || is_at_end_);
  return {.bytes = bytes, .then = ends ? Then::kEnd : bytes == 0 ? Then::kWait : Then::kMore};
}

void Http2Body::append(std::size_t bytes, http::H2Output& output) {
  if (source_ != nullptr) {
    output.append_body(piece_.substr(0, bytes));
    piece_.remove_prefix(bytes);
    packed_ += bytes;
    return;
  }
  if (const auto* const text = std::get_if<std::string>(body_)) {
    output.append_body(std::string_view(*text).substr(packed_, bytes));
    packed_ += bytes;
    return;
  }
  const io::SharedBytes& shared = *std::get<io::SharedBytesRef>(*body_);
  while (bytes > 0) {
    std::array<iovec, 4> room{};
    const std::size_t count = shared.gather(packed_, room);
    for (std::size_t i = 0; i < count && bytes > 0; ++i) {
      const std::size_t taken = std::min(bytes, room[i].iov_len);
      output.append_body({static_cast<const char*>(room[i].iov_base), taken});
      packed_ += taken;
      bytes -= taken;
    }
  }
}

}  // namespace yatagarasu::server
