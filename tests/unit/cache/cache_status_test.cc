#include "cache/cache_status.h"

#include <gtest/gtest.h>

#include <chrono>

namespace yatagarasu::cache {
namespace {

using std::chrono_literals::operator""s;

TEST(CacheStatusTest, EveryOutcomeHasItsWord) {
  EXPECT_EQ(x_cache_value(Outcome::kHit), "HIT");
  EXPECT_EQ(x_cache_value(Outcome::kMiss), "MISS");
  EXPECT_EQ(x_cache_value(Outcome::kBypass), "BYPASS");
  EXPECT_EQ(x_cache_value(Outcome::kStale), "STALE");
  EXPECT_EQ(x_cache_value(Outcome::kRevalidated), "REVALIDATED");
}

TEST(CacheStatusTest, Rfc9211Section2ParametersAreWrittenInOneOrder) {
  EXPECT_EQ(format_cache_status({.outcome = Outcome::kHit, .ttl = 376s}),
            "yatagarasu; hit; ttl=376");
  EXPECT_EQ(format_cache_status({.outcome = Outcome::kStale, .ttl = -5s}),
            "yatagarasu; hit; ttl=-5");
  EXPECT_EQ(format_cache_status({.outcome = Outcome::kMiss}), "yatagarasu");
  EXPECT_EQ(format_cache_status({.forward = Forward::kBypass}), "yatagarasu; fwd=bypass");
  EXPECT_EQ(format_cache_status({.forward = Forward::kVaryMiss}), "yatagarasu; fwd=vary-miss");
  EXPECT_EQ(format_cache_status({.forward = Forward::kUriMiss,
                                 .forward_status = 200,
                                 .ttl = 60s,
                                 .is_stored = true,
                                 .is_collapsed = true}),
            "yatagarasu; fwd=uri-miss; fwd-status=200; ttl=60; stored; collapsed");
  EXPECT_EQ(format_cache_status({.forward = Forward::kStale, .forward_status = 304, .ttl = 60s}),
            "yatagarasu; fwd=stale; fwd-status=304; ttl=60");
}

}  // namespace
}  // namespace yatagarasu::cache
