#include "admin/health_board.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <string>

namespace yatagarasu::admin {
namespace {

class HealthBoardTest : public ::testing::Test {
 protected:
  HealthBoardTest() {
    board_.add("one", one_);
    board_.add("two", two_);
  }

  s3::BucketHealth one_;
  s3::BucketHealth two_;
  ProcessState process_;
  HealthBoard board_{process_, 3};
};

TEST_F(HealthBoardTest, BucketsThatWereNotAskedYetAreHealthyButNotReady) {
  EXPECT_EQ(board_.overall(), Overall::kHealthy);
  EXPECT_FALSE(board_.is_ready());
}

TEST_F(HealthBoardTest, OneBucketThatIsUpMakesItReady) {
  one_.answered();

  EXPECT_TRUE(board_.is_ready());
}

TEST_F(HealthBoardTest, SomeBucketsDownIsDegraded) {
  one_.answered();
  two_.failed();

  EXPECT_EQ(board_.overall(), Overall::kDegraded);
  EXPECT_TRUE(board_.is_ready());
}

TEST_F(HealthBoardTest, AllBucketsDownIsUnhealthy) {
  one_.failed();
  two_.failed();

  EXPECT_EQ(board_.overall(), Overall::kUnhealthy);
  EXPECT_FALSE(board_.is_ready());
}

TEST_F(HealthBoardTest, AShutdownEndsReadinessWhateverTheBucketsAre) {
  one_.answered();

  process_.is_shutting_down = true;

  EXPECT_FALSE(board_.is_ready());
}

TEST_F(HealthBoardTest, TheBodyNamesEachBucketsState) {
  one_.answered();
  two_.failed();

  const auto body = boost::json::parse(board_.to_json()).as_object();

  EXPECT_EQ(body.at("status"), "degraded");
  EXPECT_EQ(body.at("buckets").at("one"), "up");
  EXPECT_EQ(body.at("buckets").at("two"), "down");
  EXPECT_EQ(body.at("config_generation"), 3);
  EXPECT_TRUE(body.at("version").is_string());
  EXPECT_GE(body.at("uptime_seconds").as_int64(), 0);
}

}  // namespace
}  // namespace yatagarasu::admin
