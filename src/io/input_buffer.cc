#include "io/input_buffer.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

namespace yatagarasu::io {

std::span<char> InputBuffer::prepare(std::size_t limit) {
  if (!pooled_ && large_.empty()) pooled_ = pool_.take();
  const std::size_t unread_bytes = filled_ - consumed_;
  if (unread_bytes >= limit) return {};
  std::span<char> whole = large_.empty() ? pooled_.span() : std::span<char>(large_);
  if (filled_ == whole.size() && consumed_ == 0) {
    std::string larger(std::min(whole.size() * 2, std::max(limit, whole.size() + 1)), '\0');
    std::memcpy(larger.data(), whole.data(), unread_bytes);
    large_ = std::move(larger);
    pooled_.release();
    whole = large_;
  } else if (consumed_ > 0) {
    std::memmove(whole.data(), whole.data() + consumed_, unread_bytes);
    consumed_ = 0;
    filled_ = unread_bytes;
  }
  return whole.subspan(filled_);
}

void InputBuffer::release_if_empty() {
  if (!empty()) return;
  consumed_ = filled_ = 0;
  pooled_.release();
  large_ = {};
}

}  // namespace yatagarasu::io
