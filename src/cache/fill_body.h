#pragma once

#include "cache/tier.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {

// The bytes that a fill has received, as far as readers still need them: all of them while the
// entry's writer takes them, behind it in segments of a window that moves on.
//
// One caller at a time, except that the writer's append() runs beside view().
class FillBody {
 public:
  static constexpr std::size_t kMaxView = 64 * 1024;  // What io::ByteSource hands out at most.

  explicit FillBody(std::shared_ptr<EntryWriter> writer) : writer_(std::move(writer)) {}

  // Bytes that the writer has taken may now be read.
  void add_stored(std::size_t bytes) { stored_ += bytes; }
  // Bytes that it has not; from then on it takes no more.
  void add_passing(std::string_view bytes);

  std::uint64_t size() const { return stored_ + passing_; }

  // Bytes from `offset`, which is below size() and was not dropped; `owner` keeps them.
  struct View {
    std::string_view bytes;
    std::shared_ptr<const void> owner;
  };
  View view(std::uint64_t offset) const;

  // What is before `offset` is read no more. Only what passes through is let go of.
  void drop_before(std::uint64_t offset);

 private:
  struct Segment;

  std::shared_ptr<EntryWriter> writer_;
  std::uint64_t stored_ = 0;
  std::uint64_t passing_ = 0;
  std::deque<std::shared_ptr<Segment>> segments_;
  std::uint64_t dropped_segments_ = 0;
};

}  // namespace yatagarasu::cache
