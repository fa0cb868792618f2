#include "http/codec/head_scanner.h"

#include "http/syntax.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace yatagarasu::http {

HeadScanner::Verdict HeadScanner::scan(std::string_view received) {
  // What lies beyond the limit never decides anything, so that a long piece and many short ones
  // end alike.
  const Verdict verdict = scan_clipped(received.substr(0, options_.head_bytes));
  if (verdict == Verdict::kNeedMore && received.size() >= options_.head_bytes) {
    return Verdict::kHeadTooLong;
  }
  return verdict;
}

HeadScanner::Verdict HeadScanner::scan_clipped(std::string_view head) {
  while (line_ < head.size()) {
    if (head[line_] != '\r') {
      const Verdict verdict = scan_line(head);
      if (verdict != Verdict::kComplete) return verdict;
      continue;
    }
    if (line_ + 1 == head.size()) return Verdict::kNeedMore;
    if (head[line_ + 1] != '\n') return Verdict::kBadLineStart;
    if (!has_start_line_ && options_.empty_lines == EmptyLines::kRefuse) {
      return Verdict::kBadLineStart;
    }
    line_ += 2;
    if (has_start_line_) return Verdict::kComplete;
    begin_ = line_;
  }
  return Verdict::kNeedMore;
}

// One line with content; kComplete when it has ended.
HeadScanner::Verdict HeadScanner::scan_line(std::string_view head) {
  if (!is_token_char(head[line_])) return Verdict::kBadLineStart;
  has_begun_ = true;
  const std::size_t lf = std::min(head.find('\n', std::max(scanned_, line_)), head.size());
  scanned_ = lf;
  // One more for the CR, which may have come without its LF.
  if (!has_start_line_ && lf - line_ > options_.start_line_bytes + 1) {
    return Verdict::kStartLineTooLong;
  }
  if (lf == head.size()) return Verdict::kNeedMore;
  if (head[lf - 1] != '\r') return Verdict::kBareLf;
  has_start_line_ = true;
  line_ = lf + 1;
  return Verdict::kComplete;
}

void HeadScanner::reset() {
  *this = HeadScanner(options_);
}

}  // namespace yatagarasu::http
