#pragma once

#include "core/ref.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/uio.h>

namespace yatagarasu::io {

// Immutable bytes in one or several pieces, shared by counted references: a body at hand. Whoever
// writes them asks for the pieces from where it has got to, and needs no memory of its own.
//
// Threading: all of it from any thread. Lifetime: the bytes stay where they are as long as one
// reference is held, whatever becomes of the cache they came from.
class SharedBytes {
 public:
  SharedBytes(const SharedBytes&) = delete;
  SharedBytes& operator=(const SharedBytes&) = delete;

  std::uint64_t size() const { return size_; }

  // Describes the bytes from `offset` on in the first of `parts`, as many as it takes or as there
  // is room for; returns how many were filled, 0 at the end.
  virtual std::size_t gather(std::uint64_t offset, std::span<iovec> parts) const = 0;

  void retain() const noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept {
    // Acquire: what other holders did with the bytes is over before they are disposed of.
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) dispose();
  }
  // Whether nobody else holds a reference. Lasting only where no other thread can get one.
  bool is_unique() const { return references_.load(std::memory_order_acquire) == 1; }

 protected:
  // Born with one reference, its maker's.
  explicit SharedBytes(std::uint64_t size) : size_(size) {}
  ~SharedBytes() = default;

 private:
  // Destroys the object and gives its memory back.
  virtual void dispose() const noexcept = 0;

  std::uint64_t size_;
  mutable std::atomic<std::uint32_t> references_{1};
};

using SharedBytesRef = core::Ref<const SharedBytes>;

}  // namespace yatagarasu::io
