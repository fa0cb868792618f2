#pragma once

#include <boost/json/memory_resource.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <new>
#include <string>

namespace yatagarasu::auth {

// Where claims live: one block, so that they cost no allocation each. Larger ones take further
// blocks from the heap; all are freed together.
class ClaimMemory {
 public:
  ClaimMemory() = default;
  ClaimMemory(const ClaimMemory&) = delete;
  ClaimMemory& operator=(const ClaimMemory&) = delete;

  // Valid as long as the object.
  boost::json::storage_ptr storage() { return &resource_; }
  // Of the further blocks.
  std::size_t heap_bytes() const { return heap_.bytes(); }

 private:
  class Heap final : public boost::json::memory_resource {
   public:
    std::size_t bytes() const { return bytes_; }

   private:
    // The alignment is that of a JSON value. A block is given back with another size than it was
    // asked for, all of them at the end.
    void* do_allocate(std::size_t bytes, std::size_t /*alignment*/) override {
      bytes_ += bytes;
      return ::operator new(bytes);
    }
    void do_deallocate(void* block, std::size_t /*bytes*/, std::size_t /*alignment*/) override {
      ::operator delete(block);
    }
    bool do_is_equal(const boost::json::memory_resource& other) const noexcept override {
      return this == &other;
    }

    std::size_t bytes_ = 0;
  };

  static constexpr std::size_t kBlockBytes = 512;  // The claims of most tokens.

  std::array<unsigned char, kBlockBytes> block_{};
  Heap heap_;
  boost::json::monotonic_resource resource_{block_.data(), block_.size(), &heap_};
};

// Whoever asks, as a verified token tells it. Immutable once made; shared between loops.
struct Principal {
  ClaimMemory memory;   // Of the claims.
  std::string subject;  // `sub`; empty when the token has none that is a string.
  boost::json::object claims{memory.storage()};
  // From then on the token must not be trusted any more; max() when it never ends.
  std::chrono::sys_seconds valid_until = std::chrono::sys_seconds::max();
};

}  // namespace yatagarasu::auth
