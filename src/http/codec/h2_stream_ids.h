#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace yatagarasu::http {

// Remembers, in bounded room, what became of the ids of a client's streams, so that a frame on a
// stream that is not open any more can be told from one that is merely late (RFC 9113 §5.1,
// §5.1.1).
//
// nghttp2 forgets a stream when it closes, and ignores what comes for it afterwards.
class H2StreamIds {
 public:
  enum class Past : std::uint8_t {
    kNone,     // Higher than all before: the client may open it.
    kSkipped,  // Never opened, and it cannot be any more.
    kReset,    // The server reset it: the client may not know yet.
    kOver,     // Was open; whatever ended it, the client knows.
  };

  void opened(std::int32_t id);
  void reset_by_server(std::int32_t id);

  // What is known of a client's id that is not open now.
  Past past_of(std::int32_t id) const;

 private:
  struct Range {
    std::int32_t first = 0;
    std::int32_t last = -1;  // Empty.
  };

  // A client that skips ids does so once, at the start. Older gaps are forgotten: their ids count
  // as over.
  static constexpr std::size_t kGaps = 8;
  // As many as may be open at once: what is under way for more is no accident.
  static constexpr std::size_t kResets = 128;

  std::int32_t highest_ = -1;
  std::array<Range, kGaps> gaps_{};
  std::size_t next_gap_ = 0;
  std::array<std::int32_t, kResets> resets_{};
  std::size_t next_reset_ = 0;
};

}  // namespace yatagarasu::http
