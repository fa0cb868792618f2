#include "io/stream.h"

#include "core/result.h"
#include "io/task.h"

#include <cstddef>
#include <expected>
#include <span>

namespace yatagarasu::io {
namespace {

core::Result<void> waited(WaitStatus status, const Stream& stream) {
  switch (status) {
    case WaitStatus::kReady: return {};
    case WaitStatus::kTimedOut: return core::failure(core::ErrorCode::kOriginTimeout, "timed out");
    case WaitStatus::kFailed: break;
  }
  return core::failure(core::ErrorCode::kOriginUnreachable, stream.last_error());
}

// Drops the first `bytes` of the parts.
std::span<iovec> drop_front(std::span<iovec> parts, std::size_t bytes) {
  while (!parts.empty() && bytes >= parts.front().iov_len) {
    bytes -= parts.front().iov_len;
    parts = parts.subspan(1);
  }
  if (!parts.empty()) {
    parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + bytes;
    parts.front().iov_len -= bytes;
  }
  return parts;
}

}  // namespace

Task<core::Result<std::size_t>> read_some(Stream& stream, std::span<char> buffer,
                                          TimePoint deadline) {
  for (;;) {
    const IoResult read = stream.try_read(buffer);
    switch (read.status) {
      case IoStatus::kOk: co_return read.bytes;
      case IoStatus::kEnd: co_return 0;
      case IoStatus::kFailed:
        co_return core::failure(core::ErrorCode::kOriginUnreachable, stream.last_error());
      case IoStatus::kWantRead:
      case IoStatus::kWantWrite: break;
    }
    const Want want = read.status == IoStatus::kWantRead ? Want::kRead : Want::kWrite;
    const WaitStatus status = co_await stream.wait(want, deadline);
    if (auto ready = waited(status, stream); !ready) co_return std::unexpected(ready.error());
  }
}

Task<WaitStatus> wait_to_write(Stream& stream, Duration stall, IoStatus wanted) {
  const Want want = wanted == IoStatus::kWantRead ? Want::kRead : Want::kWrite;
  for (;;) {
    const std::size_t before = stream.in_transit();
    const TimePoint deadline = deadline_after(stall);
    const WaitStatus status = co_await stream.wait(want, deadline);
    if (want == Want::kRead) co_return status;
    if (status != WaitStatus::kTimedOut || stream.in_transit() >= before) co_return status;
  }
}

std::span<iovec> try_write_all(Stream& stream, std::span<iovec> parts, More more) {
  parts = drop_front(parts, 0);
  while (!parts.empty()) {
    const IoResult written = stream.try_write(parts, more);
    if (written.status != IoStatus::kOk) break;
    parts = drop_front(parts, written.bytes);
  }
  return parts;
}

Task<core::Result<void>> write_all(Stream& stream, std::span<iovec> parts, Duration stall,
                                   More more) {
  parts = drop_front(parts, 0);
  while (!parts.empty()) {
    const IoResult written = stream.try_write(parts, more);
    switch (written.status) {
      case IoStatus::kOk: parts = drop_front(parts, written.bytes); continue;
      case IoStatus::kEnd:
      case IoStatus::kFailed:
        co_return core::failure(core::ErrorCode::kOriginUnreachable, stream.last_error());
      case IoStatus::kWantRead:
      case IoStatus::kWantWrite: break;
    }
    const WaitStatus status = co_await wait_to_write(stream, stall, written.status);
    if (auto ready = waited(status, stream); !ready) co_return std::unexpected(ready.error());
  }
  co_return core::Result<void>{};
}

}  // namespace yatagarasu::io
