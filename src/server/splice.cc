#include "server/splice.h"

#include "io/byte_source.h"
#include "io/loop.h"
#include "io/pipe_pool.h"
#include "io/stream.h"
#include "io/task.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>  // NOLINT(misc-include-cleaner): splice() is in a private header of it.
#include <unistd.h>

namespace yatagarasu::server {
namespace {

constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

// Origin to pipe. Moves what is there now.
io::IoResult fill(io::PipePool::Pipe& pipe, io::Stream& origin, std::uint64_t wanted) {
  const auto room = static_cast<std::uint64_t>(io::PipePool::kCapacity - pipe.held);
  const auto count = static_cast<std::size_t>(std::min(wanted, room));
  const ssize_t moved =
      ::splice(origin.plain_descriptor(), nullptr, pipe.write_end(), nullptr, count, kFlags);
  if (moved > 0) {
    pipe.held += static_cast<std::size_t>(moved);
    return {io::IoStatus::kOk, static_cast<std::size_t>(moved)};
  }
  if (moved == 0) return {io::IoStatus::kEnd, 0};
  // A pipe takes a limited number of segments, so it may be full before its bytes are: what it
  // holds then goes out first.
  if (errno != EAGAIN) return {io::IoStatus::kFailed, 0};
  if (pipe.held > 0) return {io::IoStatus::kWantWrite, 0};
  origin.exhausted(io::Want::kRead);
  return {io::IoStatus::kWantRead, 0};
}

// Pipe to client.
io::IoResult drain(io::PipePool::Pipe& pipe, io::Stream& client) {
  const ssize_t moved =
      ::splice(pipe.read_end(), nullptr, client.plain_descriptor(), nullptr, pipe.held, kFlags);
  if (moved > 0) {
    pipe.held -= static_cast<std::size_t>(moved);
    return {io::IoStatus::kOk, static_cast<std::size_t>(moved)};
  }
  if (moved >= 0 || errno != EAGAIN) return {io::IoStatus::kFailed, 0};
  client.exhausted(io::Want::kWrite);
  return {io::IoStatus::kWantWrite, 0};
}

// Waits for bytes of the origin, `left` of them at most, and lets them into the pipe. False when
// the origin ends or stalls before.
io::Task<bool> refill(io::PipePool::Pipe& pipe, io::RawBytes raw, std::uint64_t& left) {
  for (;;) {
    const io::IoResult filled = fill(pipe, raw.stream, left);
    if (filled.status == io::IoStatus::kEnd || filled.status == io::IoStatus::kFailed) {
      co_return false;
    }
    left -= filled.bytes;
    if (filled.status != io::IoStatus::kWantRead) co_return true;
    const io::TimePoint deadline = io::deadline_after(raw.stall);
    const io::WaitStatus waited = co_await raw.stream.wait(io::Want::kRead, deadline);
    // A failure shows at the next attempt; when cancelled there is none.
    if (waited == io::WaitStatus::kTimedOut) co_return false;
  }
}

}  // namespace

io::Task<SpliceEnd> splice_body(io::Loop& loop, io::RawBytes raw, io::Stream& client,
                                io::Duration write_stall, std::uint64_t& sent) {
  if (raw.stream.plain_descriptor() < 0 || client.plain_descriptor() < 0) {
    co_return SpliceEnd::kUnavailable;
  }
  io::PipePool::Pipe pipe = loop.pipes().take();
  if (!pipe) co_return SpliceEnd::kUnavailable;

  std::uint64_t left = raw.bytes;  // Still to come from the origin.
  while (left > 0 || pipe.held > 0) {
    if (left > 0 && pipe.held < io::PipePool::kCapacity) {
      const bool is_filled = co_await refill(pipe, raw, left);
      if (!is_filled) co_return SpliceEnd::kOriginCut;
    }
    const io::IoResult drained = drain(pipe, client);
    if (drained.status == io::IoStatus::kFailed) co_return SpliceEnd::kClientGone;
    sent += drained.bytes;
    if (drained.status == io::IoStatus::kWantWrite) {
      const io::WaitStatus waited = co_await io::wait_to_write(client, write_stall);
      if (waited != io::WaitStatus::kReady) co_return SpliceEnd::kClientGone;
    }
  }
  co_return SpliceEnd::kDone;
}

}  // namespace yatagarasu::server
