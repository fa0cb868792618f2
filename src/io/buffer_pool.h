#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace yatagarasu::io {

// Read buffers of one loop, handed out and taken back, so that a connection owns one only while
// bytes are on their way. Threading: the loop's thread. Outlives its buffers.
class BufferPool {
 public:
  static constexpr std::size_t kSize = 16 * 1024;
  static constexpr std::size_t kMaxIdle = 64;  // Kept for reuse; 1 MiB a loop.

  // A buffer on loan. Empty when default-constructed or moved from.
  class Buffer {
   public:
    Buffer() = default;
    Buffer(Buffer&& other) noexcept = default;
    Buffer& operator=(Buffer&& other) noexcept;
    ~Buffer() { release(); }

    explicit operator bool() const { return bytes_ != nullptr; }
    char* data() const { return bytes_.get(); }
    std::size_t size() const { return bytes_ ? kSize : 0; }
    std::span<char> span() { return {data(), size()}; }
    void release();

   private:
    friend class BufferPool;
    Buffer(BufferPool& pool, std::unique_ptr<char[]> bytes)
        : pool_(&pool), bytes_(std::move(bytes)) {}

    BufferPool* pool_ = nullptr;
    std::unique_ptr<char[]> bytes_;
  };

  Buffer take();

 private:
  std::vector<std::unique_ptr<char[]>> idle_;
};

}  // namespace yatagarasu::io
