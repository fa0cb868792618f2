#pragma once

#include "http/codec/chunked_decoder.h"
#include "http/message.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yatagarasu::server {

// Finds the end of a request body that nobody wants (RFC 9112 §6), within a limit. Sans-I/O.
class BodyDropper {
 public:
  enum class Status : std::uint8_t {
    kMore,       // Everything given is part of the body; more must come.
    kDone,       // The body has ended.
    kTooLarge,   // More than the limit, or announced to be.
    kMalformed,  // The chunked coding is broken.
  };
  struct Step {
    Status status;
    std::size_t consumed;  // Bytes that belong to the body.
  };

  BodyDropper(const http::RequestHead& head, std::uint64_t limit);

  // The verdict before any byte of the body: kMore, kDone or kTooLarge.
  Status begin() const;
  Step feed(std::string_view bytes);

 private:
  Step feed_chunked(std::string_view bytes);

  bool is_chunked_;
  std::uint64_t left_;   // Of Content-Length.
  std::uint64_t limit_;  // Data bytes still allowed.
  http::ChunkedDecoder decoder_;
};

}  // namespace yatagarasu::server
