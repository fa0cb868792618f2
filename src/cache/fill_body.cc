#include "cache/fill_body.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace yatagarasu::cache {

struct FillBody::Segment {
  std::array<char, kMaxView> bytes;
};

void FillBody::add_passing(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto at = static_cast<std::size_t>(passing_ % kMaxView);
    if (at == 0) segments_.push_back(std::make_shared_for_overwrite<Segment>());
    const std::size_t part = std::min(bytes.size(), kMaxView - at);
    std::memcpy(segments_.back()->bytes.data() + at, bytes.data(), part);
    bytes.remove_prefix(part);
    passing_ += part;
  }
}

FillBody::View FillBody::view(std::uint64_t offset) const {
  if (offset < stored_) {
    std::array<iovec, 1> part{};
    if (writer_->gather(offset, part) == 0) return {};
    const auto size = std::min<std::uint64_t>({part[0].iov_len, stored_ - offset, kMaxView});
    return {.bytes = {static_cast<const char*>(part[0].iov_base), static_cast<std::size_t>(size)},
            .owner = writer_};
  }
  const std::uint64_t passed = offset - stored_;
  const auto& segment = segments_[static_cast<std::size_t>(passed / kMaxView - dropped_segments_)];
  const auto at = static_cast<std::size_t>(passed % kMaxView);
  const auto size = std::min<std::uint64_t>(kMaxView - at, passing_ - passed);
  return {.bytes = {segment->bytes.data() + at, static_cast<std::size_t>(size)}, .owner = segment};
}

void FillBody::drop_before(std::uint64_t offset) {
  if (passing_ == 0 || offset < stored_) return;
  writer_.reset();
  // A segment goes when it has been read to its end, the last one included.
  while (!segments_.empty() && (dropped_segments_ + 1) * kMaxView <= offset - stored_) {
    segments_.pop_front();
    ++dropped_segments_;
  }
}

}  // namespace yatagarasu::cache
