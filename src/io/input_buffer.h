#pragma once

#include "io/buffer_pool.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::io {

// The received and not yet consumed bytes of one connection. Holds a pooled buffer only while
// there is something in it, and memory of its own only for a head that outgrows the pooled one.
class InputBuffer {
 public:
  explicit InputBuffer(BufferPool& pool) : pool_(pool) {}

  std::string_view unread() const { return {begin(), filled_ - consumed_}; }
  bool empty() const { return filled_ == consumed_; }

  // Room for at least one byte. Moves the unread bytes, so views into them end. Grows up to
  // `limit` bytes; empty when that much is unread already.
  std::span<char> prepare(std::size_t limit);
  void commit(std::size_t bytes) { filled_ += bytes; }
  void consume(std::size_t bytes) { consumed_ += bytes; }

  // Gives the memory back when nothing is unread.
  void release_if_empty();

 private:
  const char* begin() const {
    return (large_.empty() ? pooled_.data() : large_.data()) + consumed_;
  }

  BufferPool& pool_;
  BufferPool::Buffer pooled_;
  std::string large_;  // In use instead of pooled_ when not empty.
  std::size_t consumed_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace yatagarasu::io
