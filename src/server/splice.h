#pragma once

#include "io/byte_source.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

#include <cstdint>

namespace yatagarasu::server {

enum class SpliceEnd : std::uint8_t {
  kDone,         // All bytes are with the client.
  kUnavailable,  // Nothing was moved: no pipe, or the kernel cannot; copy instead.
  kClientGone,
  kOriginCut,
};

// Moves raw.bytes from raw.stream to `client` through a pipe, so that they never enter user space
// (splice(2)). At most PipePool::kCapacity bytes are between the two sockets at any time, and
// the origin is read only as fast as the client takes them. `sent` grows by what reaches the
// client's socket as it does, so that it is right even when the task is cancelled.
io::Task<SpliceEnd> splice_body(io::Loop& loop, io::RawBytes raw, io::Stream& client,
                                io::Duration write_stall, std::uint64_t& sent);

}  // namespace yatagarasu::server
