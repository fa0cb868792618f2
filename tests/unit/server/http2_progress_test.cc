#include "server/http2_progress.h"

#include "io/task.h"

#include <gtest/gtest.h>

#include <chrono>

namespace yatagarasu::server {
namespace {

using std::chrono_literals::operator""s;

class Http2ProgressTest : public ::testing::Test {
 protected:
  Http2Intake intake_;
  Http2Progress progress_;
  io::TimePoint now_{1'000s};
};

TEST_F(Http2ProgressTest, IsThatOfTheLastByteThatWasPacked) {
  progress_.begin(now_);
  progress_.packed(100, now_ + 1s);

  EXPECT_EQ(progress_.at(intake_), now_ + 1s);
}

TEST_F(Http2ProgressTest, GoesOnWhileTheClientTakesWhatWasPacked) {
  progress_.packed(100, now_);
  intake_.update(99, now_ + 5s);

  EXPECT_EQ(progress_.at(intake_), now_ + 5s);
}

TEST_F(Http2ProgressTest, StopsWhenTheClientTakesNothing) {
  progress_.packed(100, now_);
  intake_.update(50, now_ + 5s);
  intake_.update(50, now_ + 9s);

  EXPECT_EQ(progress_.at(intake_), now_ + 5s);
}

TEST_F(Http2ProgressTest, StopsWhenTheClientHasAllOfIt) {
  progress_.packed(100, now_);
  intake_.update(50, now_ + 5s);
  progress_.at(intake_);
  intake_.update(100, now_ + 6s);
  intake_.update(500, now_ + 9s);

  EXPECT_EQ(progress_.at(intake_), now_ + 5s);
}

}  // namespace
}  // namespace yatagarasu::server
