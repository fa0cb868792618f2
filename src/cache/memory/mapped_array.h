#pragma once

#include <cstddef>
#include <new>
#include <sys/mman.h>
#include <type_traits>
#include <utility>

namespace yatagarasu::cache {

// Zeroed memory in a mapping of its own: given back to the system as a whole when it goes, which
// large blocks of malloc() are not always, and of known cost.
template <class T>
class MappedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  MappedArray() = default;
  // Throws std::bad_alloc.
  explicit MappedArray(std::size_t size) : size_(size) {
    void* const bytes = ::mmap(nullptr, this->bytes(), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED) throw std::bad_alloc();
    items_ = static_cast<T*>(bytes);
    // A look-up in a million entries touches three pages; as 4 KiB pages none is in the TLB.
    ::madvise(bytes, this->bytes(), MADV_HUGEPAGE);
  }
  MappedArray(MappedArray&& other) noexcept
      : items_(std::exchange(other.items_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedArray& operator=(MappedArray&& other) noexcept {
    std::swap(items_, other.items_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedArray() {
    if (items_ != nullptr) ::munmap(items_, bytes());
  }

  T& operator[](std::size_t index) { return items_[index]; }
  const T& operator[](std::size_t index) const { return items_[index]; }
  T* data() { return items_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // In whole pages, as the system counts it.
  std::size_t bytes() const { return (size_ * sizeof(T) + kPage - 1) / kPage * kPage; }

 private:
  static constexpr std::size_t kPage = 4096;

  T* items_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace yatagarasu::cache
