#include "http/conditional.h"

#include "http/date.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string_view>
#include <vector>

namespace yatagarasu::http {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

constexpr std::string_view kBefore = "Tue, 31 Dec 2024 23:59:59 GMT";
constexpr std::string_view kSame = "Wed, 01 Jan 2025 00:00:00 GMT";
constexpr std::string_view kAfter = "Wed, 01 Jan 2025 00:00:01 GMT";

class ConditionalTest : public ::testing::Test {
 protected:
  static Fields request(const std::vector<Field>& all) {
    Fields fields;
    for (const Field& field : all) fields.add(field.name, field.value);
    return fields;
  }
  Precondition evaluate(const std::vector<Field>& all) const {
    return evaluate_preconditions(request(all), current_);
  }
  bool applies(std::string_view if_range) const {
    return range_applies(request({{"If-Range", if_range}}), current_);
  }

  Validators current_{
      .etag = "\"a\"", .last_modified = parse_date(kSame), .date = *parse_date(kSame) + 1h};
};

TEST_F(ConditionalTest, WithoutConditionsTheRequestGoesOn) {
  EXPECT_EQ(evaluate({}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"Range", "bytes=0-1"}}), Precondition::kProceed);
}

TEST_F(ConditionalTest, IfMatchNeedsTheSameStrongTag) {
  EXPECT_EQ(evaluate({{"If-Match", "\"a\""}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Match", "\"x\", \"a\""}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Match", "\"x\""}, {"if-match", "\"a\""}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Match", "*"}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Match", "\"x\""}}), Precondition::kFailed);
  EXPECT_EQ(evaluate({{"If-Match", "W/\"a\""}}), Precondition::kFailed);
  EXPECT_EQ(evaluate({{"If-Match", "a"}}), Precondition::kFailed);
  EXPECT_EQ(evaluate({{"If-Match", ""}}), Precondition::kFailed);
}

TEST_F(ConditionalTest, IfMatchFailsWhereThereIsNoTagOrAWeakOne) {
  current_.etag = "W/\"a\"";
  EXPECT_EQ(evaluate({{"If-Match", "W/\"a\""}}), Precondition::kFailed);
  current_.etag = "";
  EXPECT_EQ(evaluate({{"If-Match", "\"a\""}}), Precondition::kFailed);
}

TEST_F(ConditionalTest, IfUnmodifiedSinceFailsOnALaterChange) {
  EXPECT_EQ(evaluate({{"If-Unmodified-Since", kBefore}}), Precondition::kFailed);
  EXPECT_EQ(evaluate({{"If-Unmodified-Since", kSame}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Unmodified-Since", kAfter}}), Precondition::kProceed);
}

TEST_F(ConditionalTest, IfMatchMakesIfUnmodifiedSinceMeaningless) {
  EXPECT_EQ(evaluate({{"If-Match", "\"a\""}, {"If-Unmodified-Since", kBefore}}),
            Precondition::kProceed);
}

TEST_F(ConditionalTest, IfNoneMatchComparesWeakly) {
  EXPECT_EQ(evaluate({{"If-None-Match", "\"a\""}}), Precondition::kNotModified);
  EXPECT_EQ(evaluate({{"If-None-Match", "W/\"a\""}}), Precondition::kNotModified);
  EXPECT_EQ(evaluate({{"If-None-Match", "\"x\", W/\"a\""}}), Precondition::kNotModified);
  EXPECT_EQ(evaluate({{"If-None-Match", "*"}}), Precondition::kNotModified);
  EXPECT_EQ(evaluate({{"If-None-Match", "\"x\""}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-None-Match", "a"}}), Precondition::kProceed);
}

TEST_F(ConditionalTest, IfModifiedSinceHoldsUpToTheSecondOfTheChange) {
  EXPECT_EQ(evaluate({{"If-Modified-Since", kBefore}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Modified-Since", kSame}}), Precondition::kNotModified);
  EXPECT_EQ(evaluate({{"If-Modified-Since", kAfter}}), Precondition::kNotModified);
}

TEST_F(ConditionalTest, IfNoneMatchMakesIfModifiedSinceMeaningless) {
  EXPECT_EQ(evaluate({{"If-None-Match", "\"x\""}, {"If-Modified-Since", kAfter}}),
            Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-None-Match", "\"a\""}, {"If-Modified-Since", kBefore}}),
            Precondition::kNotModified);
}

TEST_F(ConditionalTest, AFailedConditionComesBeforeNotModified) {
  EXPECT_EQ(evaluate({{"If-None-Match", "\"a\""}, {"If-Match", "\"x\""}}), Precondition::kFailed);
  EXPECT_EQ(evaluate({{"If-None-Match", "\"a\""}, {"If-Match", "\"a\""}}),
            Precondition::kNotModified);
}

TEST_F(ConditionalTest, ADateThatIsNoneOrGivenTwiceIsIgnored) {
  EXPECT_EQ(evaluate({{"If-Modified-Since", "yesterday"}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Unmodified-Since", "yesterday"}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Modified-Since", kAfter}, {"If-Modified-Since", kAfter}}),
            Precondition::kProceed);
}

TEST_F(ConditionalTest, DatesAreIgnoredWhereTheChangeIsUnknown) {
  current_.last_modified.reset();
  EXPECT_EQ(evaluate({{"If-Modified-Since", kAfter}}), Precondition::kProceed);
  EXPECT_EQ(evaluate({{"If-Unmodified-Since", kBefore}}), Precondition::kProceed);
}

TEST_F(ConditionalTest, ARangeAppliesWithoutIfRange) {
  EXPECT_TRUE(range_applies(request({}), current_));
}

TEST_F(ConditionalTest, IfRangeNeedsTheSameStrongTag) {
  EXPECT_TRUE(applies("\"a\""));
  EXPECT_FALSE(applies("\"x\""));
  EXPECT_FALSE(applies("W/\"a\""));
  EXPECT_FALSE(applies("a"));
  EXPECT_FALSE(applies("\"a\", \"b\""));
  EXPECT_FALSE(applies("*"));
  EXPECT_FALSE(applies(""));
}

TEST_F(ConditionalTest, IfRangeNeedsTheVeryDateOfTheChange) {
  EXPECT_TRUE(applies(kSame));
  EXPECT_FALSE(applies(kBefore));
  EXPECT_FALSE(applies(kAfter));
}

TEST_F(ConditionalTest, ADateIsNoStrongValidatorInTheSecondOfTheChange) {
  current_.date = current_.last_modified;
  EXPECT_FALSE(applies(kSame));
  current_.date = *current_.last_modified + 1s;
  EXPECT_TRUE(applies(kSame));
  current_.date.reset();
  EXPECT_FALSE(applies(kSame));
  current_.last_modified.reset();
  EXPECT_FALSE(applies(kSame));
}

TEST_F(ConditionalTest, IfRangeGivenTwiceMeansTheWhole) {
  EXPECT_FALSE(range_applies(request({{"If-Range", "\"a\""}, {"If-Range", "\"a\""}}), current_));
}

}  // namespace
}  // namespace yatagarasu::http
