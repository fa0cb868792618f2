#include "http/codec/h2_flood_guard.h"
#include "http/codec/h2_frame_walker.h"
#include "http/codec/h2_output.h"
#include "http/codec/h2_stream_ids.h"
#include "support/h2_frames.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using Past = H2StreamIds::Past;

TEST(H2StreamIdsTest, AHigherIdHasNoPast) {
  H2StreamIds ids;
  EXPECT_EQ(ids.past_of(1), Past::kNone);

  ids.opened(1);

  EXPECT_EQ(ids.past_of(1), Past::kOver);
  EXPECT_EQ(ids.past_of(3), Past::kNone);
}

TEST(H2StreamIdsTest, AnIdThatWasPassedOverIsKnown) {
  H2StreamIds ids;
  ids.opened(1);
  ids.opened(9);

  EXPECT_EQ(ids.past_of(1), Past::kOver);
  EXPECT_EQ(ids.past_of(3), Past::kSkipped);
  EXPECT_EQ(ids.past_of(7), Past::kSkipped);
  EXPECT_EQ(ids.past_of(9), Past::kOver);
}

TEST(H2StreamIdsTest, WhatTheServerResetIsTheServersDoing) {
  H2StreamIds ids;
  ids.opened(1);
  ids.opened(3);

  ids.reset_by_server(1);

  EXPECT_EQ(ids.past_of(1), Past::kReset);
  EXPECT_EQ(ids.past_of(3), Past::kOver);
}

TEST(H2StreamIdsTest, ManyGapsAndResetsAreForgottenFromTheFront) {
  H2StreamIds ids;
  for (int id = 1; id < 4'000; id += 4) {
    ids.opened(id);
    ids.reset_by_server(id);
  }

  EXPECT_EQ(ids.past_of(3), Past::kOver);
  EXPECT_EQ(ids.past_of(1), Past::kOver);
  EXPECT_EQ(ids.past_of(3'995), Past::kSkipped);
  EXPECT_EQ(ids.past_of(3'997), Past::kReset);
}

TEST(H2FrameWalkerTest, FindsFramesWhateverTheSplit) {
  const std::string stream = h2::frame(h2::kPing, h2::kAck, 0, "12345678") +
                             h2::frame(h2::kSettings, 0, 0) +
                             h2::frame(h2::kData, h2::kEndStream, 5, std::string(300, 'x'));

  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    H2FrameWalker walker;
    std::string out;
    std::string heads;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      std::string_view received = std::string_view(stream).substr(at, piece);
      while (!received.empty()) {
        const H2FrameWalker::Step step = walker.step(received);
        out += step.bytes;
        if (!step.begins) continue;
        heads += std::to_string(static_cast<int>(walker.head().type)) + ":" +
                 std::to_string(walker.head().stream) + ":" + std::to_string(walker.head().length) +
                 " ";
      }
    }

    EXPECT_EQ(out, stream) << piece;
    EXPECT_EQ(heads, "6:0:8 4:0:0 0:5:300 ") << piece;
    EXPECT_TRUE(walker.is_between_frames()) << piece;
  }
}

TEST(H2FrameWalkerTest, TheReservedBitIsNoPartOfTheStream) {
  H2FrameWalker walker;
  const std::string bytes("\0\0\0\0\0\xff\xff\xff\xff", 9);
  std::string_view received = bytes;

  walker.step(received);

  EXPECT_EQ(walker.head().stream, 0x7fffffff);
}

std::string all_of(const H2Output& output) {
  std::array<iovec, 16> room{};
  std::string text;
  for (const iovec& part : output.gather(room)) {
    text.append(static_cast<const char*>(part.iov_base), part.iov_len);
  }
  return text;
}

TEST(H2OutputTest, KeepsTheOrderOfOwnAndReferencedBytes) {
  const std::string large(5'000, 'L');
  H2Output output;

  output.append("head1");
  output.append_body("small");
  output.append("head2");
  output.append_body(large);
  output.append("head3");

  EXPECT_EQ(all_of(output), "head1smallhead2" + large + "head3");
  EXPECT_EQ(output.size(), 15 + large.size() + 5);
}

TEST(H2OutputTest, RefersToLargePiecesAndCopiesSmallOnes) {
  std::string large(5'000, 'a');
  std::string small(100, 'a');
  H2Output output;
  output.append_body(large);
  output.append_body(small);

  large[0] = small[0] = 'b';

  EXPECT_EQ(all_of(output).front(), 'b');
  EXPECT_EQ(all_of(output)[large.size()], 'a');
}

TEST(H2OutputTest, GoesOnWhereAWriteEnded) {
  const std::string large(5'000, 'L');
  const std::string whole = "head" + large + "tail";
  for (std::size_t written = 1; written < whole.size(); written += 7) {
    H2Output output;
    output.append("head");
    output.append_body(large);
    output.append("tail");

    output.written(written);

    EXPECT_EQ(all_of(output), whole.substr(written));
    output.written(output.size());
    EXPECT_TRUE(output.empty());
    output.append("again");
    EXPECT_EQ(all_of(output), "again");
  }
}

TEST(AllowanceTest, GivesItsBurstThenItsRate) {
  Allowance allowance(3, 2);
  Allowance::TimePoint now{100s};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(allowance.take(now));
  EXPECT_FALSE(allowance.take(now));

  now += 500ms;

  EXPECT_TRUE(allowance.take(now));
  EXPECT_FALSE(allowance.take(now));
}

TEST(AllowanceTest, GrantsNoMoreThanItsBurst) {
  Allowance allowance(2, 1);
  const Allowance::TimePoint now{100s};
  EXPECT_TRUE(allowance.take(now));

  allowance.grant(100);

  EXPECT_TRUE(allowance.take(now));
  EXPECT_TRUE(allowance.take(now));
  EXPECT_FALSE(allowance.take(now));
}

}  // namespace
}  // namespace yatagarasu::http
