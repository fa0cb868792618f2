#include "http/codec/h2_output.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::http {

void H2Output::append(std::string_view bytes) {
  if (bytes.empty()) return;
  const bool goes_on = parts_.size() > first_ && parts_.back().bytes == nullptr;
  if (goes_on) {
    parts_.back().size += bytes.size();
  } else {
    parts_.push_back({.bytes = nullptr, .offset = own_.size(), .size = bytes.size()});
  }
  own_ += bytes;
  size_ += bytes.size();
}

void H2Output::append_body(std::string_view bytes) {
  if (bytes.size() <= kCopied) {
    append(bytes);
    return;
  }
  parts_.push_back({.bytes = bytes.data(), .offset = 0, .size = bytes.size()});
  size_ += bytes.size();
}

std::span<iovec> H2Output::gather(std::span<iovec> room) const {
  std::size_t count = 0;
  for (std::size_t i = first_; i < parts_.size() && count < room.size(); ++i) {
    const Part& part = parts_[i];
    const char* const from = (part.bytes == nullptr ? own_.data() : part.bytes) + part.offset;
    room[count++] = {.iov_base = const_cast<char*>(from), .iov_len = part.size};  // Only read.
  }
  return room.first(count);
}

void H2Output::written(std::size_t bytes) {
  size_ -= bytes;
  while (bytes > 0) {
    Part& part = parts_[first_];
    if (bytes < part.size) {
      part.offset += bytes;
      part.size -= bytes;
      return;
    }
    bytes -= part.size;
    ++first_;
  }
  if (size_ > 0) return;
  own_.clear();
  parts_.clear();
  first_ = 0;
}

void H2Output::release() {
  own_ = {};
  parts_ = {};
}

}  // namespace yatagarasu::http
