// part: http
//
// Whatever a client says, in whatever pieces, and however its requests are answered: each that is
// handed out is closed once, frames that leave are whole, in order and no larger than everybody
// takes them, and what is said beside the bodies stays in proportion to what was heard.
//
//   options, number of steps, the steps, the client's bytes
//
// Each byte of the steps says how many bytes come next and what is done then; they are gone through
// again and again. The client's bytes are what is on the wire, or, so that a fuzzer finds frames:
// type, flags, stream, length, payload.

#include "http/codec/h2_output.h"
#include "http/codec/h2_request.h"
#include "http/codec/h2_session.h"
#include "http/fields.h"
#include "http/host.h"
#include "http/message.h"
#include "http/syntax.h"
#include "support/h2_frames.h"
#include "support/h2_output.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <sys/uio.h>
#include <vector>

namespace {

using namespace yatagarasu::http;  // NOLINT(google-build-using-namespace)
namespace h2 = yatagarasu::h2;
using std::chrono::milliseconds;

// Small, so that inputs of a fuzzer's size reach them.
constexpr H2RequestLimits kLimits{
    .head_bytes = 1024, .uri_bytes = 100, .body_bytes = 200, .keeps_bodies = true};
constexpr std::size_t kMostSlots = 2 * H2Session::kMaxStreams;
// What everybody takes (RFC 9113 §4.2).
constexpr std::size_t kMostPayload = 16'384;

void require(bool holds) {
  if (!holds) std::abort();
}

// The bodies of answers: so many bytes, then what a step says.
class Bodies final : public H2Bodies {
 public:
  struct Body {
    std::size_t left = 0;
    Then then = Then::kEnd;
    std::size_t offered = 0;
  };

  Offer offer(H2Slot slot, std::size_t most) noexcept override {
    require(bodies.contains(slot));
    Body& body = bodies[slot];
    body.offered = std::min(most, body.left);
    if (body.left > 0 && (body.offered < body.left || body.then != Then::kEnd)) {
      return {.bytes = body.offered, .then = Then::kMore};
    }
    return {.bytes = body.offered, .then = body.then};
  }
  void append(H2Slot slot, std::size_t bytes, H2Output& output) noexcept override {
    Body& body = bodies.at(slot);
    require(bytes <= body.offered);
    body.left -= bytes;
    static const std::string text(kMostPayload, 'b');
    output.append_body(std::string_view(text).substr(0, bytes));
  }

  std::map<H2Slot, Body> bodies;  // Of the answers that have one.
};

// Reads what the server says, as a client would.
class Listener {
 public:
  void hear(H2Output& output) {
    yatagarasu::support::move_all(output, said_);
    for (const h2::Frame& frame : h2::take_frames(said_)) check(frame);
    require(said_.empty());  // Whole frames leave at once.
  }
  std::size_t beside_bodies() const { return beside_bodies_; }

 private:
  enum class State : std::uint8_t { kSilent, kAnswered, kOver };

  void check(const h2::Frame& frame) {
    require(frame.payload.size() <= kMostPayload);
    if (frame.type != h2::kData) beside_bodies_ += 9 + frame.payload.size();
    State& state = states_[frame.stream];
    switch (frame.type) {
      case h2::kHeaders:
      case h2::kData:
        // 100 (Continue) comes before the answer.
        require(state == State::kAnswered || frame.type == h2::kHeaders);
        require(frame.stream % 2 == 1 && state != State::kOver);
        state = frame.ends_stream() ? State::kOver : State::kAnswered;
        break;
      case h2::kRstStream: state = State::kOver; break;
      case h2::kSettings:
      case h2::kPing:
      case h2::kGoAway: require(frame.stream == 0); break;
      case h2::kWindowUpdate: break;
      default: require(false);
    }
  }

  std::string said_;
  std::map<std::int32_t, State> states_;
  std::size_t beside_bodies_ = 0;
};

class Conversation {
 public:
  void receive(std::string_view bytes) {
    heard_ += bytes.size();
    session_.receive(bytes, now_);
    check();
  }

  void act(unsigned action) {
    switch (action) {
      case 0: answer_all({.left = 10}); break;
      case 1: answer_all({.left = 100'000}); break;
      case 2: answer_all({.left = 3'000, .then = H2Bodies::Then::kWait}); break;
      case 3: answer_all({.left = 5, .then = H2Bodies::Then::kCut}); break;
      case 4: answer_all({}); break;
      case 5: go_on({.left = 4'000, .then = H2Bodies::Then::kWait}); break;
      case 6: go_on({}); break;
      case 7: go_on({.left = 0, .then = H2Bodies::Then::kCut}); break;
      case 8: reset_first(); break;
      case 9: session_.go_away(); break;
      case 10: session_.end(H2Error::kNone); break;
      case 11: pass(milliseconds(500)); break;
      case 12: pull(1); return;
      case 13: answer_all({.left = 10}); return;
      case 14: pass(milliseconds(50)); return;
      default: return;
    }
    pull(50'000);
  }

  void finish() {
    answer_all({});
    go_on({});
    while (pull(50'000)) {
    }
    session_.end(H2Error::kNone);
    while (pull(50'000)) {
    }
    require(session_.is_over());
    // Acknowledgements, answers of ten bytes, resets: none is much longer than what asked for it.
    require(listener_.beside_bodies() <= 1'000 + 32 * heard_);
  }

 private:
  enum class Held : std::uint8_t { kFree, kTaken, kAnswered, kClosed };

  // What a request that was handed out looks like.
  void check(const H2Request& request) const {
    require(request.body().size() <= kLimits.body_bytes);
    if (request.failure()) {
      require(request.failure()->status >= 400 && request.failure()->status < 500);
      return;
    }
    const RequestHead& head = request.head();
    require(head.path.starts_with('/') || head.path == "*");
    require(head.path.size() <= kLimits.uri_bytes && is_valid_host(head.host));
    require(is_token(head.method_text) && head.fields.get("host") == head.host);
    require(std::ranges::all_of(head.path, is_target_char));
    require(!head.content_length || head.content_length == request.body().size());
    for (const Field& field : head.fields) {
      require(is_token(field.name) && is_field_value(field.value));
    }
  }

  void check() {
    require(session_.open_streams() <= H2Session::kMaxStreams);
    while (const auto slot = session_.next_request()) {
      require(*slot < kMostSlots && held_[*slot] == Held::kFree);
      held_[*slot] = Held::kTaken;
      check(session_.request(*slot));
      taken_.push_back(*slot);
    }
    while (const auto slot = session_.next_begun()) require(held_[*slot] == Held::kAnswered);
    while (const auto slot = session_.next_sent()) require(held_[*slot] == Held::kAnswered);
    while (const auto slot = session_.next_closed()) {
      require(held_[*slot] == Held::kTaken || held_[*slot] == Held::kAnswered);
      held_[*slot] = Held::kClosed;
      headers_.erase(*slot);  // Not used any more.
    }
    for (const H2Slot slot : taken_) {
      require(session_.is_open(slot) == (held_[slot] != Held::kClosed));
      if (session_.is_open(slot)) session_.has_window(slot);
    }
  }

  void answer_all(const Bodies::Body& body) {
    for (const H2Slot slot : taken_) {
      if (held_[slot] != Held::kTaken) continue;
      const bool has_body = body.left > 0 || body.then != H2Bodies::Then::kEnd;
      if (has_body) bodies_.bodies[slot] = body;
      held_[slot] = Held::kAnswered;
      HeaderBlock& headers = headers_[slot];
      headers.add("X-Slot", std::to_string(slot));
      session_.respond(slot, {.status = 200, .headers = headers, .has_body = has_body});
    }
  }

  void go_on(const Bodies::Body& body) {
    for (const H2Slot slot : taken_) {
      const auto found = bodies_.bodies.find(slot);
      if (found == bodies_.bodies.end() || found->second.left > 0) continue;
      if (found->second.then == H2Bodies::Then::kWait) found->second = body;
      session_.resume(slot);
    }
  }

  void reset_first() {
    if (!taken_.empty()) session_.reset(taken_.front(), H2Error::kCancel);
  }

  void pass(milliseconds time) {
    now_ += time;
    session_.expire_bodies(now_ - milliseconds(1'000), now_ - milliseconds(400));
    session_.unfinished_since();
    release();
  }

  void release() {
    for (const H2Slot slot : taken_) {
      if (held_[slot] != Held::kClosed) continue;
      bodies_.bodies.erase(slot);
      held_[slot] = Held::kFree;
      session_.release(slot);
    }
    std::erase_if(taken_, [this](H2Slot slot) { return held_[slot] == Held::kFree; });
  }

  bool pull(std::size_t budget) {
    H2Output output;
    const bool has_more = session_.pull(output, budget);
    require(output.size() < budget + kMostPayload + 9);
    listener_.hear(output);
    check();
    return has_more;
  }

  Bodies bodies_;
  std::map<H2Slot, HeaderBlock> headers_;  // Of answers.
  Listener listener_;
  H2Session::TimePoint now_{std::chrono::seconds(1'000)};
  H2Session session_{kLimits, bodies_, now_};
  std::array<Held, kMostSlots> held_{};
  std::vector<H2Slot> taken_;
  std::size_t heard_ = 0;
};

// Frames of their short form, in which a request takes four bytes.
std::string frames_of(std::string_view text) {
  const auto byte = [&text](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  std::string wire;
  std::int32_t next = 1;
  while (text.size() >= 4) {
    const std::uint8_t type = byte(0);
    const std::uint8_t flags = byte(1);
    const std::int32_t stream = byte(2);
    const std::string_view payload = text.substr(4, byte(3));
    text.remove_prefix(4 + payload.size());
    if (type < 0x80) {
      wire += h2::frame(type, flags, stream, payload);
      continue;
    }
    const h2::Fields more = {{"x-more", std::string(payload)}};
    wire += h2::request(next, h2::head((type & 1U) == 0 ? "GET" : "POST", "/k", more), flags);
    next += 2;
  }
  return wire;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned options = data[0];
  std::string_view steps(reinterpret_cast<const char*>(data + 2), size - 2);
  std::string_view rest = steps.substr(std::min<std::size_t>(data[1], steps.size()));
  steps.remove_suffix(rest.size());

  constexpr std::array<std::size_t, 16> kPieces = {1,  2,  4,   8,   9,   13,  20,    40,
                                                   64, 90, 150, 300, 600, 999, 2'000, 1 << 20};
  std::string wire = (options & 2U) == 0 ? h2::greeting() : std::string();
  wire += (options & 1U) == 0 ? frames_of(rest) : std::string(rest);
  Conversation conversation;
  std::string_view left = wire;
  for (std::size_t i = 0; !left.empty(); ++i) {
    const unsigned step = steps.empty() ? 15U : static_cast<unsigned char>(steps[i % steps.size()]);
    const std::string_view piece = left.substr(0, kPieces[step % 16]);
    left.remove_prefix(piece.size());
    conversation.receive(piece);
    conversation.act(step / 16);
  }
  conversation.finish();
  return 0;
}
