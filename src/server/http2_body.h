#pragma once

#include "core/result.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_session.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "server/handler.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yatagarasu::server {

// The body of one answer on its way into DATA frames: says how much is at hand, and sees that what
// leaves is neither more nor less than was promised. A body that ends early or late is cut.
//
// Sans-I/O. The response outlives it, or the next begin().
class Http2Body {
 public:
  // Takes what a stream has ready. `method`: of the request; HEAD has no body.
  void begin(const Response& response, http::Method method);

  // The Content-Length to announce.
  std::optional<std::uint64_t> announced() const { return announced_; }
  bool has_body() const { return has_body_; }

  http::H2Bodies::Offer offer(std::size_t most) const;
  void append(std::size_t bytes, http::H2Output& output);

  // Whether the stream has not given all of it yet.
  bool wants_more() const { return source_ != nullptr && !is_at_end_; }
  // Whether its next piece is to be pulled, once the last one is written.
  bool wants_piece() const { return source_ != nullptr && piece_.empty() && !is_at_end_; }
  io::ByteSource& source() const { return *source_; }
  // What the source gave. The view stays valid until the next pull.
  void take(const core::Result<std::string_view>& piece);

  std::uint64_t packed() const { return packed_; }
  bool is_cut() const { return is_cut_; }

 private:
  void take_piece(std::string_view piece);

  const Body* body_ = nullptr;
  io::ByteSource* source_ = nullptr;  // Null: bytes at hand.
  std::optional<std::uint64_t> announced_;
  std::uint64_t length_ = 0;  // Meaningful with is_length_known_.
  bool has_body_ = false;
  bool is_length_known_ = false;
  bool is_at_end_ = false;  // The source has no more to give.
  bool is_cut_ = false;
  std::uint64_t packed_ = 0;
  std::string_view piece_;  // Of the stream, what is not packed yet.
};

}  // namespace yatagarasu::server
