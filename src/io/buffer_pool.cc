#include "io/buffer_pool.h"

#include <memory>
#include <utility>

namespace yatagarasu::io {

BufferPool::Buffer& BufferPool::Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  pool_ = other.pool_;
  bytes_ = std::move(other.bytes_);
  return *this;
}

void BufferPool::Buffer::release() {
  if (bytes_ && pool_->idle_.size() < kMaxIdle) pool_->idle_.push_back(std::move(bytes_));
  bytes_.reset();
}

BufferPool::Buffer BufferPool::take() {
  if (idle_.empty()) return {*this, std::make_unique_for_overwrite<char[]>(kSize)};
  auto bytes = std::move(idle_.back());
  idle_.pop_back();
  return {*this, std::move(bytes)};
}

}  // namespace yatagarasu::io
