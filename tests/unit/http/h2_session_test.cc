#include "http/codec/h2_session.h"

#include "http/codec/h2_abuse.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_request.h"
#include "http/fields.h"
#include "support/h2_frames.h"
#include "support/h2_output.h"
#include "support/hpack_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::http {
namespace {

using h2::Frame;
using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Bodies that are at hand, as far as a test says.
class FakeBodies final : public H2Bodies {
 public:
  struct Body {
    std::string left;
    Then then = Then::kEnd;  // Behind what is left.
  };

  Offer offer(H2Slot slot, std::size_t most) noexcept override {
    const Body& body = bodies[slot];
    const std::size_t bytes = std::min(most, body.left.size());
    if (body.left.empty()) return {.bytes = 0, .then = body.then};
    const bool is_last = bytes == body.left.size() && body.then == Then::kEnd;
    return {.bytes = bytes, .then = is_last ? Then::kEnd : Then::kMore};
  }
  void append(H2Slot slot, std::size_t bytes, H2Output& output) noexcept override {
    // Copied: what is referred to must stay.
    for (std::size_t at = 0; at < bytes; at += 1024) {
      output.append(bodies[slot].left.substr(at, std::min<std::size_t>(1024, bytes - at)));
    }
    bodies[slot].left.erase(0, bytes);
  }

  std::map<H2Slot, Body> bodies;
};

class H2SessionTest : public ::testing::Test {
 protected:
  H2SessionTest() {
    say(h2::greeting());
    hear();
  }

  void say(const std::string& bytes) { session_.receive(bytes, now_); }

  std::vector<Frame> hear(std::size_t budget = 1 << 20) {
    H2Output output;
    session_.pull(output, budget);
    support::move_all(output, said_);
    return h2::take_frames(said_);
  }

  // What a test is about, of all that is said.
  std::vector<Frame> hear_of(std::uint8_t type) {
    std::vector<Frame> frames = hear();
    std::erase_if(frames, [type](const Frame& frame) { return frame.type != type; });
    return frames;
  }

  std::optional<std::uint32_t> goaway_code() {
    const std::vector<Frame> frames = hear_of(h2::kGoAway);
    return frames.empty() ? std::nullopt : std::optional(frames.front().error());
  }

  // The fields of the answers' heads among `frames`, as a client reads them.
  std::vector<support::HpackDecoder::Fields> heads_of(const std::vector<Frame>& frames) {
    std::vector<support::HpackDecoder::Fields> heads;
    std::string block;
    for (const Frame& frame : frames) {
      if (frame.type != h2::kHeaders && frame.type != h2::kContinuation) continue;
      block += frame.payload;
      if ((frame.flags & h2::kEndHeaders) == 0) continue;
      heads.push_back(decoder_.decode(std::exchange(block, {})).value());
    }
    return heads;
  }

  void answer(H2Slot slot, const std::string& body, H2Bodies::Then then = H2Bodies::Then::kEnd) {
    bodies_.bodies[slot] = {.left = body, .then = then};
    session_.respond(slot, {.status = 200, .headers = headers_, .has_body = true});
  }

  FakeBodies bodies_;
  HeaderBlock headers_;
  H2Session::TimePoint now_{1'000s};
  H2Session session_{{.head_bytes = 4'096, .uri_bytes = 256, .body_bytes = 100}, bodies_, now_};
  std::string said_;
  support::HpackDecoder decoder_;
};

TEST_F(H2SessionTest, ARequestComesOutAndItsAnswerGoesBack) {
  headers_.add("X-Test", "v");
  say(h2::get(1, "/key"));
  const auto slot = session_.next_request();
  ASSERT_TRUE(slot);
  EXPECT_EQ(session_.request(*slot).head().path, "/key");

  answer(*slot, "hello");
  const std::vector<Frame> frames = hear();

  ASSERT_EQ(frames.size(), 2);
  EXPECT_EQ(frames[0].type, h2::kHeaders);
  EXPECT_EQ(frames[0].payload.front(), '\x88');  // :status 200, indexed.
  EXPECT_EQ(frames[1].type, h2::kData);
  EXPECT_EQ(frames[1].payload, "hello");
  EXPECT_TRUE(frames[1].ends_stream());
  EXPECT_EQ(session_.next_sent(), slot);
  EXPECT_EQ(session_.next_closed(), slot);
  EXPECT_EQ(session_.open_streams(), 0);
}

TEST_F(H2SessionTest, AClientReadsTheFieldsOfEachAnswer) {
  headers_.add("Content-Type", "text/plain");
  headers_.add("X-Test", "v");
  for (const int stream : {1, 3, 5}) {
    say(h2::get(stream));
    const auto slot = session_.next_request();
    ASSERT_TRUE(slot);
    session_.respond(*slot, {.status = 404,
                             .headers = headers_,
                             .content_length = 0,
                             .date = "Tue, 24 Nov 2026 00:00:00 GMT"});

    EXPECT_THAT(heads_of(hear()),
                ElementsAre(ElementsAre(Pair(":status", "404"), Pair("content-type", "text/plain"),
                                        Pair("x-test", "v"), Pair("content-length", "0"),
                                        Pair("date", "Tue, 24 Nov 2026 00:00:00 GMT"))));
  }
}

TEST_F(H2SessionTest, AHeadLongerThanAFrameGoesOnInOthers) {
  const std::string value(40'000, 'v');
  headers_.add("X-Long", value);
  say(h2::get(1));
  session_.respond(*session_.next_request(), {.status = 200, .headers = headers_});

  const std::vector<Frame> frames = hear();

  ASSERT_EQ(frames.size(), 3);
  EXPECT_EQ(frames[0].type, h2::kHeaders);
  EXPECT_EQ(frames[0].flags, h2::kEndStream);
  EXPECT_EQ(frames[1].type, h2::kContinuation);
  EXPECT_EQ(frames[1].flags, 0);
  EXPECT_EQ(frames[2].type, h2::kContinuation);
  EXPECT_EQ(frames[2].flags, h2::kEndHeaders);
  EXPECT_EQ(frames[2].stream, 1);
  EXPECT_THAT(heads_of(frames),
              ElementsAre(ElementsAre(Pair(":status", "200"), Pair("x-long", value))));
}

TEST_F(H2SessionTest, AClientWithoutATableIsToldEverythingEachTime) {
  headers_.add("X-Test", "v");
  say(h2::settings({{1, 0}}));
  decoder_.limit_table(0);
  for (const int stream : {1, 3, 5}) {
    say(h2::get(stream));
    answer(*session_.next_request(), "hello");
    EXPECT_THAT(heads_of(hear()),
                ElementsAre(ElementsAre(Pair(":status", "200"), Pair("x-test", "v"))));
  }
}

// What was never sent is not in the client's table.
TEST_F(H2SessionTest, AnAnswerThatIsResetBeforeItIsPackedLeavesNoTrace) {
  say(h2::get(1) + h2::get(3));
  const auto first = session_.next_request();
  const auto second = session_.next_request();
  {
    HeaderBlock gone;
    gone.add("X-Gone", "v");
    session_.respond(*first, {.status = 200, .headers = gone});
    say(h2::rst_stream(1));
  }
  headers_.add("X-Test", "v");
  answer(*second, "hello");

  EXPECT_THAT(heads_of(hear()),
              ElementsAre(ElementsAre(Pair(":status", "200"), Pair("x-test", "v"))));
}

TEST_F(H2SessionTest, TheSplitOfTheBytesDoesNotMatter) {
  for (const char c : h2::get(1) + h2::get(3)) say(std::string(1, c));

  EXPECT_TRUE(session_.next_request());
  EXPECT_TRUE(session_.next_request());
  EXPECT_FALSE(session_.next_request());
  EXPECT_FALSE(session_.unfinished_since());
}

TEST_F(H2SessionTest, ARequestThatIsResetBeforeItIsTakenIsNeverHandedOut) {
  say(h2::get(1) + h2::rst_stream(1) + h2::get(3));

  const auto slot = session_.next_request();
  ASSERT_TRUE(slot);
  EXPECT_FALSE(session_.next_request());
  EXPECT_FALSE(session_.next_closed());
}

TEST_F(H2SessionTest, AResetIsToldToWhoeverHasTakenTheRequest) {
  say(h2::get(1));
  const auto slot = session_.next_request();

  say(h2::rst_stream(1));

  EXPECT_EQ(session_.next_closed(), slot);
  EXPECT_FALSE(session_.is_open(*slot));
  answer(*slot, "too late");
  EXPECT_THAT(hear(), IsEmpty());
}

TEST_F(H2SessionTest, ABodyStopsWhereTheWindowEnds) {
  say(h2::settings({{4, 3}}) + h2::get(1));
  const auto slot = session_.next_request();
  answer(*slot, "hello");

  const std::vector<Frame> first = hear_of(h2::kData);
  EXPECT_FALSE(session_.has_window(*slot));
  EXPECT_TRUE(session_.windows_moved());
  EXPECT_FALSE(session_.windows_moved());
  say(h2::window_update(1, 10));

  ASSERT_EQ(first.size(), 1);
  EXPECT_EQ(first[0].payload, "hel");
  EXPECT_TRUE(session_.windows_moved());
  EXPECT_EQ(hear_of(h2::kData).at(0).payload, "lo");
}

TEST_F(H2SessionTest, ABodyThatWaitsGoesOnWhenItIsResumed) {
  say(h2::get(1));
  const auto slot = session_.next_request();
  answer(*slot, "a", H2Bodies::Then::kWait);
  EXPECT_EQ(hear_of(h2::kData).at(0).payload, "a");
  EXPECT_THAT(hear(), IsEmpty());

  bodies_.bodies[*slot] = {.left = "b"};
  session_.resume(*slot);

  EXPECT_EQ(hear_of(h2::kData).at(0).payload, "b");
}

TEST_F(H2SessionTest, ABodyThatIsCutResetsItsStreamAlone) {
  say(h2::get(1) + h2::get(3));
  const auto first = session_.next_request();
  const auto second = session_.next_request();
  answer(*first, "a", H2Bodies::Then::kCut);
  answer(*second, "b");

  const std::vector<Frame> frames = hear();

  EXPECT_TRUE(std::ranges::any_of(frames, [](const Frame& each) {
    return each.type == h2::kRstStream && each.stream == 1 && each.error() == 2;
  }));
  EXPECT_TRUE(std::ranges::any_of(
      frames, [](const Frame& each) { return each.stream == 3 && each.ends_stream(); }));
  EXPECT_FALSE(session_.is_over());
}

TEST_F(H2SessionTest, APullEndsNearItsBudgetAndSaysThatMoreIsReady) {
  say(h2::settings({{4, 1 << 20}}) + h2::window_update(0, 1 << 20) + h2::get(1));
  const auto slot = session_.next_request();
  answer(*slot, std::string(200'000, 'x'));

  H2Output output;
  EXPECT_TRUE(session_.pull(output, 40'000));

  EXPECT_GE(output.size(), 40'000);
  EXPECT_LT(output.size(), 40'000 + 17'000);
}

TEST_F(H2SessionTest, TheMoreUrgentStreamIsServedFirst) {
  const auto with_urgency = [](int stream, const std::string& urgency) {
    return h2::request(stream, h2::head("GET", "/k", {{"priority", "u=" + urgency}}));
  };
  say(with_urgency(1, "6") + h2::get(3) + with_urgency(5, "0"));
  while (const auto slot = session_.next_request()) answer(*slot, "body");

  std::vector<int> order;
  for (const Frame& each : hear_of(h2::kData)) order.push_back(each.stream);

  EXPECT_THAT(order, ElementsAre(5, 3, 1));
}

TEST_F(H2SessionTest, APriorityUpdateMovesAStream) {
  say(h2::get(1) + h2::get(3));
  const auto first = session_.next_request();
  const auto second = session_.next_request();
  answer(*first, "body");
  answer(*second, "body");

  say(h2::frame(h2::kPriorityUpdate, 0, 0, h2::number(3, 4) + "u=1"));

  EXPECT_EQ(hear_of(h2::kData).at(0).stream, 3);
}

TEST_F(H2SessionTest, TrailersAreTakenAndForgotten) {
  say(h2::request(1, h2::head("GET", "/k"), h2::kEndHeaders) + h2::frame(h2::kData, 0, 1, "abc") +
      h2::request(1, {{"x-trailer", "v"}}));

  const auto slot = session_.next_request();
  ASSERT_TRUE(slot);
  EXPECT_FALSE(session_.request(*slot).head().fields.has("x-trailer"));
  EXPECT_TRUE(session_.request(*slot).is_whole());
}

TEST_F(H2SessionTest, AClientThatWaitsForContinueIsAskedForTheBody) {
  const h2::Fields fields =
      h2::head("GET", "/k", {{"expect", "100-continue"}, {"content-length", "3"}});
  say(h2::request(1, fields, h2::kEndHeaders));
  EXPECT_FALSE(session_.next_request());

  const std::vector<Frame> frames = hear();

  ASSERT_EQ(frames.size(), 1);
  EXPECT_FALSE(frames[0].ends_stream());
  EXPECT_THAT(heads_of(frames), ElementsAre(ElementsAre(Pair(":status", "100"))));
  say(h2::frame(h2::kData, h2::kEndStream, 1, "abc"));
  EXPECT_TRUE(session_.next_request());
}

TEST_F(H2SessionTest, ContinueAndTheAnswerMayLeaveTogether) {
  const h2::Fields fields =
      h2::head("GET", "/k", {{"expect", "100-continue"}, {"content-length", "3"}});
  say(h2::request(1, fields, h2::kEndHeaders) + h2::frame(h2::kData, h2::kEndStream, 1, "abc"));
  answer(*session_.next_request(), "hello");

  EXPECT_THAT(heads_of(hear()), ElementsAre(ElementsAre(Pair(":status", "100")),
                                            ElementsAre(Pair(":status", "200"))));
}

TEST_F(H2SessionTest, TheRestOfABodyTooLargeIsNotWanted) {
  say(h2::request(1, h2::head("GET", "/k"), h2::kEndHeaders) +
      h2::frame(h2::kData, 0, 1, std::string(101, 'x')));
  const auto slot = session_.next_request();
  ASSERT_TRUE(slot);
  EXPECT_EQ(session_.request(*slot).failure()->status, 413);

  answer(*slot, "too large");
  const std::vector<Frame> resets = hear_of(h2::kRstStream);

  ASSERT_EQ(resets.size(), 1);
  EXPECT_EQ(resets[0].error(), 0);
  say(h2::frame(h2::kData, 0, 1, "late"));  // Was under way.
  EXPECT_FALSE(goaway_code());
}

TEST_F(H2SessionTest, ABodyThatDisagreesWithItsLengthIsAFaultEvenAfterTheAnswer) {
  say(h2::request(1, h2::head("POST", "/k", {{"content-length", "1"}}), h2::kEndHeaders));
  const auto slot = session_.next_request();
  answer(*slot, "not allowed");
  hear();

  say(h2::frame(h2::kData, h2::kEndStream, 1, "four"));

  EXPECT_EQ(hear_of(h2::kRstStream).at(0).error(), 1);
}

TEST_F(H2SessionTest, WhatIsNotEndedInTimeIsRefusedOrReset) {
  say(h2::request(1, h2::head("GET", "/k"), h2::kEndHeaders));
  say(h2::request(3, h2::head("POST", "/k"), h2::kEndHeaders));
  const auto answered = session_.next_request();
  answer(*answered, "not allowed");
  hear();

  session_.expire_bodies(now_ + 1s, now_ + 1s);

  const auto late = session_.next_request();
  ASSERT_TRUE(late);
  EXPECT_EQ(session_.request(*late).failure()->status, 408);
  const std::vector<Frame> resets = hear_of(h2::kRstStream);
  ASSERT_EQ(resets.size(), 1);
  EXPECT_EQ(resets[0].stream, 3);
  EXPECT_EQ(resets[0].error(), 0);
}

TEST_F(H2SessionTest, AFrameOnAStreamThatIsOverEndsTheConnection) {
  say(h2::get(1));
  const auto slot = session_.next_request();
  answer(*slot, "a");
  hear();

  say(h2::frame(h2::kData, 0, 1, "x"));

  EXPECT_EQ(goaway_code(), 5);  // STREAM_CLOSED
  EXPECT_TRUE(session_.is_over());
}

TEST_F(H2SessionTest, AnIdThatWasPassedOverCannotBeOpened) {
  say(h2::get(5) + h2::get(3));

  EXPECT_EQ(goaway_code(), 1);  // PROTOCOL_ERROR
}

TEST_F(H2SessionTest, GoingAwayLetsOpenStreamsEndAndTakesNoOthers) {
  say(h2::get(1));
  const auto slot = session_.next_request();

  session_.go_away();
  EXPECT_EQ(goaway_code(), 0);
  say(h2::get(3));
  EXPECT_FALSE(session_.next_request());
  EXPECT_FALSE(session_.is_over());
  answer(*slot, "a");

  EXPECT_EQ(hear_of(h2::kData).size(), 1);
  EXPECT_TRUE(session_.is_over());
}

TEST_F(H2SessionTest, UnfinishedBlocksAndFramesAreSeen) {
  EXPECT_FALSE(session_.unfinished_since());
  now_ += 5s;
  const std::string whole = h2::request(1, h2::head("GET", "/"), h2::kEndStream);
  say(whole);
  EXPECT_EQ(session_.unfinished_since(), now_);

  const H2Session::TimePoint begun = now_;
  now_ += 5s;
  say(h2::frame(h2::kContinuation, 0, 1));
  EXPECT_EQ(session_.unfinished_since(), begun);
  say(h2::frame(h2::kContinuation, h2::kEndHeaders, 1));

  EXPECT_FALSE(session_.unfinished_since());
  EXPECT_TRUE(session_.next_request());
}

struct FloodCase {
  const char* what;
  std::string (*bytes)(int turn);
  H2Abuse abuse;
};

class H2FloodTest : public H2SessionTest, public ::testing::WithParamInterface<FloodCase> {};

TEST_P(H2FloodTest, EndsTheConnectionWithEnhanceYourCalm) {
  int turn = 0;
  std::optional<std::uint32_t> code;
  for (; turn < 20'000 && !code; ++turn) {
    say(GetParam().bytes(turn));
    while (const auto slot = session_.next_request()) {
      answer(*slot, "a");
    }
    if (turn % 20 == 0 || session_.abuse()) code = goaway_code();
    while (const auto slot = session_.next_closed()) session_.release(*slot);
  }

  EXPECT_EQ(code, 11);
  EXPECT_EQ(session_.abuse(), GetParam().abuse);
  EXPECT_TRUE(session_.is_over());
}

std::string ping(int /*turn*/) {
  return h2::frame(h2::kPing, 0, 0, "12345678");
}
std::string empty_settings(int /*turn*/) {
  return h2::settings();
}
std::string priority(int turn) {
  return h2::frame(h2::kPriority, 0, 2 * turn + 1, h2::number(0, 4) + "w");
}
std::string window(int /*turn*/) {
  return h2::window_update(0, 1);
}
std::string unknown(int /*turn*/) {
  return h2::frame(99, 0, 0, "x");
}
std::string empty_data(int turn) {
  const std::string data = h2::frame(h2::kData, 0, 1);
  if (turn > 0) return data;
  return h2::request(1, h2::head("GET", "/"), h2::kEndHeaders) + data;
}
std::string rapid_reset(int turn) {
  return h2::get(2 * turn + 1) + h2::rst_stream(2 * turn + 1);
}
std::string made_you_reset(int turn) {
  return h2::request(2 * turn + 1, h2::head("GET", "/", {{"Upper", "x"}}));
}
std::string continuations(int turn) {
  if (turn > 0) return h2::frame(h2::kContinuation, 0, 1);
  return h2::request(1, h2::head("GET", "/"), h2::kEndStream);
}
// An entry of the table that is named by one byte, again and again.
std::string bomb(int turn) {
  std::string entry = "\x40\x01x\x7f";
  entry += "\xa1\x1e";  // 4000
  entry += std::string(4'000, 'v');
  const std::string first = h2::block(h2::head("GET", "/"));
  return h2::frame(h2::kHeaders, h2::kEndStream | h2::kEndHeaders, 2 * turn + 1,
                   first + entry + std::string(1'000, '\xbe'));
}
std::string large_heads(int turn) {
  return h2::request(2 * turn + 1, h2::head("GET", "/", {{"x", std::string(5'000, 'v')}}));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, H2FloodTest,
    ::testing::Values(FloodCase{"PING", &ping, H2Abuse::kControlFlood},
                      FloodCase{"SETTINGS", &empty_settings, H2Abuse::kControlFlood},
                      FloodCase{"PRIORITY", &priority, H2Abuse::kControlFlood},
                      FloodCase{"WINDOW_UPDATE", &window, H2Abuse::kControlFlood},
                      FloodCase{"unknown frames", &unknown, H2Abuse::kControlFlood},
                      FloodCase{"empty DATA", &empty_data, H2Abuse::kControlFlood},
                      FloodCase{"rapid reset", &rapid_reset, H2Abuse::kRapidReset},
                      FloodCase{"made you reset", &made_you_reset, H2Abuse::kMadeYouReset},
                      FloodCase{"CONTINUATION", &continuations, H2Abuse::kContinuationFlood},
                      FloodCase{"heads too large", &large_heads, H2Abuse::kHeaderBomb},
                      FloodCase{"HPACK bomb", &bomb, H2Abuse::kHeaderBomb}));

TEST_F(H2SessionTest, AHeadThatIsTooLargeIsRefusedAlone) {
  for (const int id : {1, 3}) {
    say(large_heads(id / 2));
    const auto slot = session_.next_request();
    ASSERT_TRUE(slot);
    EXPECT_EQ(session_.request(*slot).failure()->status, 431);
  }
  EXPECT_FALSE(session_.abuse());
}

TEST_F(H2SessionTest, AClientThatAsksAndListensIsNoFlood) {
  for (int id = 1; id < 10'000; id += 2) {
    say(h2::get(id));
    const auto slot = session_.next_request();
    ASSERT_TRUE(slot);
    answer(*slot, "body");
    hear();
    ASSERT_EQ(session_.next_closed(), slot);
    session_.release(*slot);
    say(h2::window_update(0, 4) + h2::frame(h2::kPing, 0, 0, "12345678"));
  }

  EXPECT_FALSE(session_.abuse());
}

}  // namespace
}  // namespace yatagarasu::http
