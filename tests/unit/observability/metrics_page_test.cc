#include "observability/metrics_page.h"

#include "observability/histogram.h"
#include "observability/keyed_cells.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

namespace yatagarasu::observability {
namespace {

using std::chrono_literals::operator""us;
using std::chrono_literals::operator""s;

constexpr Bounds<2> kBounds = {1'000, 2'000'000};

TEST(MetricsPageTest, FamiliesHaveHelpTypeAndValues) {
  MetricsPage page;
  page.counter("a_total", "What a is.");
  page.value({{"bucket", "x"}, {"status", "200"}}, std::uint64_t{3});
  page.value({{"bucket", "y"}, {"status", "404"}}, std::uint64_t{1'234'567'890'123});
  page.gauge("b", "What b is.");
  page.value({}, 0.5);

  EXPECT_EQ(std::move(page).take(),
            "# HELP a_total What a is.\n# TYPE a_total counter\n"
            "a_total{bucket=\"x\",status=\"200\"} 3\n"
            "a_total{bucket=\"y\",status=\"404\"} 1234567890123\n"
            "# HELP b What b is.\n# TYPE b gauge\nb 0.5\n");
}

TEST(MetricsPageTest, LabelsAreEscaped) {
  MetricsPage page;
  page.gauge("b", "What b is.");
  page.value({{"bucket", "a\"b\\c\nd"}}, std::uint64_t{1});

  EXPECT_EQ(std::move(page).take(),
            "# HELP b What b is.\n# TYPE b gauge\nb{bucket=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(MetricsPageTest, AFamilyWithoutValuesIsLeftOut) {
  MetricsPage page;
  page.counter("a_total", "What a is.");

  EXPECT_EQ(std::move(page).take(), "");
}

TEST(MetricsPageTest, HistogramsAreCumulativeAndInSeconds) {
  Histogram<kBounds> histogram;
  histogram.record(500us);
  histogram.record(1'000us);
  histogram.record(1'001us);
  histogram.record(5s);
  histogram.record(-1us);
  Histogram<kBounds>::Counts sum;
  histogram.add_to(sum);
  MetricsPage page;
  page.histogram("h_seconds", "What h is.");
  page.value({{"bucket", "x"}}, kBounds, sum);

  EXPECT_EQ(std::move(page).take(),
            "# HELP h_seconds What h is.\n# TYPE h_seconds histogram\n"
            "h_seconds_count{bucket=\"x\"} 5\n"
            "h_seconds_sum{bucket=\"x\"} 5.002501\n"
            "h_seconds_bucket{bucket=\"x\",le=\"0.001\"} 3\n"
            "h_seconds_bucket{bucket=\"x\",le=\"2\"} 4\n"
            "h_seconds_bucket{bucket=\"x\",le=\"+Inf\"} 5\n");
}

TEST(KeyedCellsTest, WhatFindsNoPlaceIsCountedTogether) {
  KeyedCells<2> cells;
  cells.add(0);
  cells.add(7, 5);
  cells.add(0);
  cells.add(8);
  cells.add(9, 2);
  std::map<std::uint32_t, std::uint64_t> seen;
  cells.for_each([&](std::uint32_t key, std::uint64_t count) { seen[key] = count; });

  EXPECT_EQ(seen, (std::map<std::uint32_t, std::uint64_t>{{0, 2}, {7, 5}}));
  EXPECT_EQ(cells.others(), 3U);
}

}  // namespace
}  // namespace yatagarasu::observability
