#include "http/codec/h2_stream_ids.h"

#include <algorithm>
#include <cstdint>

namespace yatagarasu::http {

void H2StreamIds::opened(std::int32_t id) {
  if (id > highest_ + 2) {
    gaps_[next_gap_] = {.first = highest_ + 2, .last = id - 2};
    next_gap_ = (next_gap_ + 1) % kGaps;
  }
  highest_ = std::max(highest_, id);
}

void H2StreamIds::reset_by_server(std::int32_t id) {
  resets_[next_reset_] = id;
  next_reset_ = (next_reset_ + 1) % kResets;
}

H2StreamIds::Past H2StreamIds::past_of(std::int32_t id) const {
  if (id > highest_) return Past::kNone;
  const auto is_in = [id](const Range& gap) { return gap.first <= id && id <= gap.last; };
  if (std::ranges::any_of(gaps_, is_in)) return Past::kSkipped;
  if (std::ranges::find(resets_, id) != resets_.end()) return Past::kReset;
  return Past::kOver;
}

}  // namespace yatagarasu::http
