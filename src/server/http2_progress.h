#pragma once

#include "io/task.h"

#include <algorithm>
#include <cstdint>

namespace yatagarasu::server {

// How much of a connection's output its client has taken, by its TCP's acknowledgements.
//
// Sans-I/O: callers say `now`, which never goes back.
class Http2Intake {
 public:
  // `taken`: bytes since the connection began.
  void update(std::uint64_t taken, io::TimePoint now) {
    if (taken > taken_) at_ = now;
    taken_ = std::max(taken, taken_);
  }
  std::uint64_t taken() const { return taken_; }
  // When it last took a byte, as far as is known.
  io::TimePoint at() const { return at_; }

 private:
  std::uint64_t taken_ = 0;
  io::TimePoint at_{};
};

// Since when the client has taken nothing of one stream, or of all of them. It cannot open a window
// before it has what filled it, and a slow client takes its time over what lies in the kernel.
class Http2Progress {
 public:
  void begin(io::TimePoint now) { at_ = now; }
  // Something was packed; with it the connection's output ends at `end`, in bytes since it began.
  void packed(std::uint64_t end, io::TimePoint now) {
    at_ = now;
    packed_to_ = end;
  }
  // To be asked again and again: it remembers.
  io::TimePoint at(const Http2Intake& intake) {
    if (intake.taken() < packed_to_) at_ = std::max(at_, intake.at());
    return at_;
  }

 private:
  io::TimePoint at_{};
  std::uint64_t packed_to_ = 0;
};

}  // namespace yatagarasu::server
