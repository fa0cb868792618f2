#pragma once

#include "http/codec/chunked_decoder.h"
#include "http/message.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::server {

// Finds the end of a request body (RFC 9112 §6), within a limit, and keeps it where it is wanted.
// Sans-I/O.
class BodyReader {
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

  // `kept` gets the body, decoded; null: nobody wants it. Outlives this.
  BodyReader(const http::RequestHead& head, std::uint64_t limit, std::string* kept = nullptr);

  // The verdict before any byte of the body: kMore, kDone or kTooLarge.
  Status begin() const;
  Step feed(std::string_view bytes);

 private:
  Step feed_chunked(std::string_view bytes);

  void keep(std::string_view data) {
    if (kept_ != nullptr) *kept_ += data;
  }

  bool is_chunked_;
  std::uint64_t left_;   // Of Content-Length.
  std::uint64_t limit_;  // Data bytes still allowed.
  std::string* kept_;
  http::ChunkedDecoder decoder_;
};

}  // namespace yatagarasu::server
