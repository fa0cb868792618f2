#include "io/pipe_pool.h"

#include <array>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace yatagarasu::io {

PipePool::Pipe::Pipe(Pipe&& other) noexcept
    : held(std::exchange(other.held, 0)),
      pool_(other.pool_),
      ends_(std::exchange(other.ends_, {})) {}

PipePool::Pipe& PipePool::Pipe::operator=(Pipe&& other) noexcept {
  std::swap(held, other.held);
  std::swap(pool_, other.pool_);
  std::swap(ends_, other.ends_);
  return *this;
}

PipePool::Pipe::~Pipe() {
  if (ends_.read < 0) return;
  if (held == 0 && pool_->idle_.size() < kMaxIdle) {
    pool_->idle_.push_back(ends_);
    return;
  }
  ::close(ends_.read);
  ::close(ends_.write);
}

PipePool::~PipePool() {
  for (const Pipe::Ends ends : idle_) {
    ::close(ends.read);
    ::close(ends.write);
  }
}

PipePool::Pipe PipePool::take() {
  if (!idle_.empty()) {
    const Pipe::Ends ends = idle_.back();
    idle_.pop_back();
    return {*this, ends};
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return {};
  return {*this, {.read = ends[0], .write = ends[1]}};
}

}  // namespace yatagarasu::io
