#pragma once

#include "core/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::app {

// What a server on this machine answered.
struct Fetched {
  int status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body_start;        // At most kKeptBytes of the body.
  std::uint64_t body_bytes = 0;  // All of it.

  static constexpr std::size_t kKeptBytes = 4096;

  // The first of that name, in any case; or empty.
  std::string_view get(std::string_view name) const;
};

struct LoopbackRequest {
  std::uint16_t port = 0;
  std::string method = "GET";
  std::string target;  // Encoded.
  std::vector<std::pair<std::string, std::string>> fields;
};

// Asks 127.0.0.1 over a connection of its own and waits for the whole answer. For showing what a
// server does, not for serving: it blocks, for at most kStall without a byte.
//
// Fails when nobody answers, when the answer is not HTTP/1, and when a body ends early.
core::Result<Fetched> fetch_from_loopback(const LoopbackRequest& request);

}  // namespace yatagarasu::app
