#pragma once

#include "core/result.h"
#include "io/stream.h"
#include "io/task.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace yatagarasu::io {

// Where the rest of a body can be had without this process touching the bytes.
struct RawBytes {
  Stream& stream;       // plain_descriptor() >= 0, nothing buffered above it.
  std::uint64_t bytes;  // Exactly so many belong to the body.
  Duration stall;       // The longest wait for the next byte.
};

// A body that is pulled. Whoever pulls sets the pace, so a slow reader slows the origin; to give
// the body up, destroy the source.
//
// Threading: one loop. Lifetime: a view it hands out is valid until the next call.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // The next bytes, at most 64 KiB; empty once the whole body has been handed out. An error means
  // that the body is cut: what was handed out before is not the whole.
  virtual Task<core::Result<std::string_view>> next() = 0;

  // The bytes at hand without waiting, which came with the head. Counts as handed out; call it at
  // most once, before next(). May be empty.
  virtual std::string_view ready() { return {}; }

  // Offers the rest of the body as raw bytes. One who takes the offer moves the bytes and reports
  // them by raw_taken(); next() must not be called any more until all are taken.
  virtual std::optional<RawBytes> raw() { return std::nullopt; }
  virtual void raw_taken(std::uint64_t /*bytes*/) {}

 protected:
  ByteSource() = default;
};

}  // namespace yatagarasu::io
