#include "server/linger.h"

#include "core/result.h"
#include "io/buffer_pool.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"

#include <chrono>
#include <cstddef>

namespace yatagarasu::server {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::chrono::milliseconds kLingerFor = 2'000ms;
constexpr std::size_t kLingerBytes = 1024 * 1024;

}  // namespace

io::Task<void> linger(io::Loop& loop, io::Stream& stream) {
  stream.shutdown_write();
  io::BufferPool::Buffer scratch = loop.buffers().take();
  const io::TimePoint deadline = io::Clock::now() + kLingerFor;
  std::size_t dropped = 0;
  while (dropped < kLingerBytes) {
    const core::Result<std::size_t> got = co_await io::read_some(stream, scratch.span(), deadline);
    if (!got || *got == 0) co_return;
    dropped += *got;
  }
}

}  // namespace yatagarasu::server
