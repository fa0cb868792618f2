#pragma once

#include "http/codec/h1_request_parser.h"
#include "http/message.h"

#include <boost/container/small_vector.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {

struct H2RequestLimits {
  std::size_t head_bytes = 32 * 1024;    // 431 beyond; as many bytes as HTTP/1.1 would take.
  std::size_t uri_bytes = 8 * 1024;      // 414 beyond.
  std::uint64_t body_bytes = 64 * 1024;  // 413 beyond.
  bool keeps_bodies = false;             // Else they are dropped.
};

// One request as HTTP/2 brings it: decoded fields, then its body. What comes out is the head that
// HTTP/1.1 would have brought, or the status with which it would have been refused.
//
//   begin() → add_field()* → end_head() → add_body()* → end()
//
// Sans-I/O. Used again and again; its memory is kept. Not copyable: the head's views point into it.
class H2Request {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  H2Request() = default;
  H2Request(const H2Request&) = delete;
  H2Request& operator=(const H2Request&) = delete;

  void begin(TimePoint now);
  // A field of the head, pseudo-header fields included, as nghttp2 let it pass: in lower case,
  // pseudo fields first and once, nothing about the connection (RFC 9113 §8.2, §8.3).
  void add_field(std::string_view name, std::string_view value, const H2RequestLimits& limits);
  void end_head(const H2RequestLimits& limits);
  void add_body(std::string_view bytes, const H2RequestLimits& limits);
  void end() { is_whole_ = true; }
  // Nobody waits for the rest of it.
  void refuse(int status, std::string_view reason);

  // Whether it can be answered: all of it is there, or enough to refuse it.
  bool is_ready(const H2RequestLimits& limits) const;
  // Its end has come.
  bool is_whole() const { return is_whole_; }
  bool has_head() const { return has_head_; }
  // The body is longer than the limit: no more of it is wanted.
  bool is_body_too_large() const { return is_body_too_large_; }

  TimePoint started() const { return started_; }
  const RequestHead& head() const { return head_; }
  std::string_view body() const { return body_; }
  // Empty when it is well-formed.
  const std::optional<ParseFailure>& failure() const { return failure_; }
  // Of the head once decoded, also what was not kept.
  std::uint64_t decoded_bytes() const { return decoded_bytes_; }

 private:
  // Where a field is in bytes_, its value right behind its name.
  struct Extent {
    std::uint32_t offset;
    std::uint32_t name;
    std::uint32_t value;
  };
  struct Pseudo;

  std::string_view name_of(const Extent& extent) const;
  std::string_view value_of(const Extent& extent) const;
  void keep(std::string_view name, std::string_view value);
  void join_cookies();
  std::optional<ParseFailure> make_head(const H2RequestLimits& limits);
  std::optional<ParseFailure> make_target(const Pseudo& pseudo, const H2RequestLimits& limits);

  TimePoint started_{};
  std::string bytes_;
  boost::container::small_vector<Extent, 16> extents_;
  std::uint64_t decoded_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  RequestHead head_;
  std::string body_;
  std::optional<ParseFailure> failure_;
  bool has_head_ = false;
  bool is_whole_ = false;
  bool is_body_too_large_ = false;
};

}  // namespace yatagarasu::http
