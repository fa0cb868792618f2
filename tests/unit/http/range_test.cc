#include "http/range.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::uint64_t kLargest = INT64_MAX;

RangeRequest one(std::optional<std::uint64_t> first, std::optional<std::uint64_t> last) {
  return {.outcome = RangeOutcome::kOne, .spec = {.first = first, .last = last}};
}
RangeRequest none() {
  return {};
}
RangeRequest whole() {
  return {.outcome = RangeOutcome::kWhole, .spec = {}};
}

struct Case {
  std::string_view value;
  RangeRequest expected;
};

TEST(RangeTest, OneRangeIsReadInItsThreeForms) {
  for (const Case& c : {Case{"bytes=0-499", one(0, 499)}, Case{"bytes=500-", one(500, {})},
                        Case{"bytes=-500", one({}, 500)}, Case{"bytes=-0", one({}, 0)},
                        Case{"BYTES=7-7", one(7, 7)}, Case{"bytes=00-007", one(0, 7)},
                        Case{"bytes= 0-4 ", one(0, 4)}, Case{"bytes=,0-4,", one(0, 4)}}) {
    EXPECT_EQ(parse_range(c.value), c.expected) << c.value;
  }
}

TEST(RangeTest, WhatIsMalformedOrOfAnotherUnitIsIgnored) {
  for (const std::string_view value : {"",
                                       "bytes",
                                       "bytes=",
                                       "bytes=,",
                                       "bytes=-",
                                       "bytes=5",
                                       "bytes=9-1",
                                       "bytes=a-b",
                                       "bytes=+1-5",
                                       "bytes=1-+5",
                                       "bytes=--5",
                                       "bytes=1--5",
                                       "bytes=1 - 5",
                                       "bytes = 1-5",
                                       "bytes=0x1-2",
                                       "bytes=1-2 3-4",
                                       "bytes=0-1;2-3",
                                       "bytes: 0-1",
                                       "items=0-1",
                                       "0-1",
                                       "bytes=0-2,5-4",
                                       "bytes=0-2,x",
                                       "bytes=1-2-3"}) {
    EXPECT_EQ(parse_range(value), none()) << value;
  }
}

TEST(RangeTest, AdjacentAndOverlappingRangesBecomeOne) {
  for (const Case& c :
       {Case{"bytes=0-4,5-9", one(0, 9)}, Case{"bytes=5-9, 0-4", one(0, 9)},
        Case{"bytes=0-6,3-9", one(0, 9)}, Case{"bytes=0-9,2-3", one(0, 9)},
        Case{"bytes=0-4,3-", one(0, {})}, Case{"bytes=5-,9-", one(5, {})},
        Case{"bytes=0-0,1-1,2-2", one(0, 2)}, Case{"bytes=-5,-10", one({}, 10)},
        Case{"bytes=0-,-5", one(0, {})}, Case{"bytes=5-6,0-,900-999", one(0, {})}}) {
    EXPECT_EQ(parse_range(c.value), c.expected) << c.value;
  }
}

TEST(RangeTest, RangesWithAGapBetweenThemMeanTheWholeObject) {
  for (const std::string_view value :
       {"bytes=0-4,6-9", "bytes=6-9,0-4", "bytes=0-0,-1", "bytes=5-,-5", "bytes=1-2,4-5,3-3,7-8"}) {
    EXPECT_EQ(parse_range(value), whole()) << value;
  }
}

TEST(RangeTest, AnyNumberOfRangesTakesBoundedWork) {
  std::string joinable = "bytes=0-0";
  std::string malformed = joinable;
  for (int i = 1; i < 1300; ++i) {
    joinable += "," + std::to_string(i) + "-" + std::to_string(i);
    malformed += ",5-" + std::to_string(i);
  }

  EXPECT_EQ(parse_range(joinable), whole());
  EXPECT_EQ(parse_range(malformed), none());
}

TEST(RangeTest, HugePositionsSaturateInsteadOfWrapping) {
  for (const Case& c : {Case{"bytes=0-18446744073709551616", one(0, {})},
                        Case{"bytes=0-9223372036854775807", one(0, {})},
                        Case{"bytes=0-9223372036854775806", one(0, kLargest - 1)},
                        Case{"bytes=18446744073709551616-", one(kLargest, {})},
                        Case{"bytes=18446744073709551616-3", none()},
                        Case{"bytes=-18446744073709551616", one({}, kLargest)},
                        Case{"bytes=-999,-9223372036854774809", one({}, 9223372036854774809U)},
                        Case{"bytes=0-99999999999999999999,99999999999999999999-", one(0, {})}}) {
    EXPECT_EQ(parse_range(c.value), c.expected) << c.value;
  }
}

TEST(RangeTest, ARangeGivenTwiceIsIgnored) {
  Fields fields;
  EXPECT_EQ(parse_range(fields), none());
  fields.add("range", "bytes=0-4");
  EXPECT_EQ(parse_range(fields), one(0, 4));
  fields.add("Range", "bytes=0-4");
  EXPECT_EQ(parse_range(fields), none());
}

TEST(RangeTest, ARangeIsResolvedWithinTheObject) {
  const auto at = [](std::uint64_t first, std::uint64_t last) {
    return std::optional(ByteRange{.first = first, .last = last});
  };
  EXPECT_EQ(resolve({.first = 0, .last = 4}, 10), at(0, 4));
  EXPECT_EQ(resolve({.first = 5, .last = 100}, 10), at(5, 9));
  EXPECT_EQ(resolve({.first = 9, .last = {}}, 10), at(9, 9));
  EXPECT_EQ(resolve({.first = {}, .last = 3}, 10), at(7, 9));
  EXPECT_EQ(resolve({.first = {}, .last = 11}, 10), at(0, 9));
  EXPECT_EQ(resolve({.first = {}, .last = kLargest}, 10), at(0, 9));
  EXPECT_EQ(at(7, 9)->size(), 3U);
}

TEST(RangeTest, ARangeOutsideTheObjectIsUnsatisfiable) {
  EXPECT_EQ(resolve({.first = 10, .last = {}}, 10), std::nullopt);
  EXPECT_EQ(resolve({.first = 10, .last = 12}, 10), std::nullopt);
  EXPECT_EQ(resolve({.first = {}, .last = 0}, 10), std::nullopt);
  EXPECT_EQ(resolve({.first = 0, .last = {}}, 0), std::nullopt);
  EXPECT_EQ(resolve({.first = {}, .last = 1}, 0), std::nullopt);
}

TEST(RangeTest, RangesAreWrittenInOneSpelling) {
  EXPECT_EQ(format_range({.first = 0, .last = 99}), "bytes=0-99");
  EXPECT_EQ(format_range({.first = 100, .last = {}}), "bytes=100-");
  EXPECT_EQ(format_range({.first = {}, .last = 5}), "bytes=-5");
  EXPECT_EQ(format_content_range({.first = 0, .last = 99}, 1234), "bytes 0-99/1234");
  EXPECT_EQ(format_unsatisfied_range(0), "bytes */0");
}

}  // namespace
}  // namespace yatagarasu::http
