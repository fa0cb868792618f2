#include "http/codec/h2_memory.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace yatagarasu::http {
namespace {

constexpr std::size_t kStep = 32;
constexpr std::size_t kClasses = 32;  // Blocks up to 1 KiB are kept, header included.
// Of each size, for reuse: what some ten connections with all their streams open leave. In all at
// most 16 MiB a thread, and a tenth of that with the sizes that nghttp2 asks for.
constexpr std::size_t kKept = 1'024;

// Sanitizers see what goes wrong with a block only where it is given back at once.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define YATAGARASU_KEEPS_BLOCKS 0
#endif
#endif
#if !defined(YATAGARASU_KEEPS_BLOCKS)
#define YATAGARASU_KEEPS_BLOCKS 1
#endif
constexpr bool kKeepsBlocks = YATAGARASU_KEEPS_BLOCKS == 1;

// In front of each block; while it is kept, the next one of its size instead.
struct alignas(std::max_align_t) Header {
  Header* next;
  std::size_t size;  // Asked for; of the block without this.
};

std::size_t class_of(std::size_t size) {
  return (size + sizeof(Header) - 1) / kStep;
}

class Blocks {
 public:
  Blocks() = default;
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;
  ~Blocks() {
    for (Header* block : kept_) {
      while (block != nullptr) {
        Header* const next = block->next;
        std::free(block);
        block = next;
      }
    }
  }

  Header* take(std::size_t size) {
    const std::size_t index = class_of(size);
    if (index >= kClasses) return static_cast<Header*>(std::malloc(size + sizeof(Header)));
    Header* const block = kept_[index];
    if (block == nullptr) return static_cast<Header*>(std::malloc((index + 1) * kStep));
    kept_[index] = block->next;
    --counts_[index];
    return block;
  }

  void put(Header* block) {
    const std::size_t index = class_of(block->size);
    if (!kKeepsBlocks || index >= kClasses || counts_[index] == kKept) {
      std::free(block);
      return;
    }
    block->next = kept_[index];
    kept_[index] = block;
    ++counts_[index];
  }

 private:
  std::array<Header*, kClasses> kept_{};
  std::array<std::size_t, kClasses> counts_{};
};

thread_local Blocks blocks;

void* allocate(std::size_t size, void* /*user*/) {
  if (size > std::numeric_limits<std::size_t>::max() - sizeof(Header)) return nullptr;
  Header* const block = blocks.take(size);
  if (block == nullptr) return nullptr;
  block->size = size;
  return block + 1;
}

void release(void* bytes, void* /*user*/) {
  if (bytes != nullptr) blocks.put(static_cast<Header*>(bytes) - 1);
}

void* allocate_zeroed(std::size_t count, std::size_t size, void* user) {
  if (size != 0 && count > std::numeric_limits<std::size_t>::max() / size) return nullptr;
  void* const bytes = allocate(count * size, user);
  if (bytes != nullptr) std::memset(bytes, 0, count * size);
  return bytes;
}

void* reallocate(void* bytes, std::size_t size, void* user) {
  if (bytes == nullptr) return allocate(size, user);
  void* const moved = allocate(size, user);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, bytes, std::min(size, (static_cast<Header*>(bytes) - 1)->size));
  release(bytes, user);
  return moved;
}

}  // namespace

nghttp2_mem* h2_memory() {
  static nghttp2_mem memory = {.mem_user_data = nullptr,
                               .malloc = &allocate,
                               .free = &release,
                               .calloc = &allocate_zeroed,
                               .realloc = &reallocate};
  return &memory;
}

}  // namespace yatagarasu::http
