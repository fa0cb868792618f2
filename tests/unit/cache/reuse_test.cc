#include "cache/policy/reuse.h"

#include "unit/cache/answers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace yatagarasu::cache {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

Metadata with(const std::string& cache_control, const PolicyOptions& options = {}) {
  Answer answer{.lines = {{"Cache-Control", cache_control}, {"ETag", "\"a\""}}};
  answer.options = options;
  return answer.stored().metadata;
}

struct Case {
  std::string cache_control;
  Reuse fresh;   // At once.
  Reuse behind;  // 5 s behind its lifetime of 10 s.
  bool replaces_error;
};

TEST(ReuseTest, Rfc9111Section42FreshStaleAndForbiddenToBeStale) {
  constexpr auto kFresh = Reuse::kFresh;
  constexpr auto kAsk = Reuse::kAskFirst;
  constexpr auto kStale = Reuse::kStaleAndRefresh;
  for (const Case& c : std::vector<Case>{
           {"max-age=10", kFresh, kAsk, false},
           {"max-age=10, must-revalidate", kFresh, kAsk, false},
           {"max-age=10, no-cache", kAsk, kAsk, false},
           {"max-age=10, no-cache=\"x\"", kFresh, kAsk, false},
           {"max-age=10, stale-while-revalidate=6", kFresh, kStale, false},
           {"max-age=10, stale-while-revalidate=5", kFresh, kAsk, false},
           {"max-age=10, stale-while-revalidate=x", kFresh, kAsk, false},
           {"max-age=10, stale-if-error=6", kFresh, kAsk, true},
           {"max-age=10, stale-if-error=5", kFresh, kAsk, false},
           {"max-age=10, stale-while-revalidate=6, stale-if-error=6", kFresh, kStale, true},
           // RFC 9111 §4.2.4: what is never to be used once stale.
           {"max-age=10, stale-while-revalidate=6, stale-if-error=6, must-revalidate", kFresh, kAsk,
            false},
           {"max-age=10, stale-while-revalidate=6, stale-if-error=6, proxy-revalidate", kFresh,
            kAsk, false},
           {"s-maxage=10, stale-while-revalidate=6, stale-if-error=6", kFresh, kAsk, false},
           {"max-age=10, stale-while-revalidate=6, stale-if-error=6, no-cache", kAsk, kAsk, false},
       }) {
    const Metadata stored = with(c.cache_control);
    EXPECT_EQ(decide_reuse(stored, kNow), c.fresh) << c.cache_control;
    EXPECT_EQ(decide_reuse(stored, kNow + 15s), c.behind) << c.cache_control;
    EXPECT_EQ(may_replace_error(stored, kNow + 15s), c.replaces_error) << c.cache_control;
  }
}

TEST(ReuseTest, Rfc9111Section42FreshMeansYoungerThanTheLifetime) {
  const Metadata stored = with("max-age=10");
  EXPECT_EQ(decide_reuse(stored, kNow + 9999ms), Reuse::kFresh);
  EXPECT_EQ(decide_reuse(stored, kNow + 10s), Reuse::kAskFirst);
}

TEST(ReuseTest, Rfc5861WindowsOfTheBucketStandInForMissingDirectives) {
  const PolicyOptions options{.stale_while_revalidate = 5500ms, .stale_if_error = 20s};
  const Metadata bare = with("max-age=10", options);
  EXPECT_EQ(decide_reuse(bare, kNow + 15s), Reuse::kStaleAndRefresh);
  EXPECT_EQ(decide_reuse(bare, kNow + 16s), Reuse::kAskFirst);
  EXPECT_TRUE(may_replace_error(bare, kNow + 29s));
  EXPECT_FALSE(may_replace_error(bare, kNow + 30s));

  const Metadata own = with("max-age=10, stale-while-revalidate=0, stale-if-error=0", options);
  EXPECT_EQ(decide_reuse(own, kNow + 11s), Reuse::kAskFirst);
  EXPECT_FALSE(may_replace_error(own, kNow + 11s));
}

TEST(ReuseTest, Rfc5861Section4AnErrorIsNotReplacedByAnError) {
  const Answer answer{.lines = {{"Cache-Control", "max-age=1, stale-if-error=60"}}, .status = 503};
  EXPECT_FALSE(may_replace_error(answer.stored().metadata, kNow + 5s));
  for (const int status : {500, 502, 503, 504}) EXPECT_TRUE(is_replaceable_error(status));
  for (const int status : {200, 304, 403, 404, 501, 505})
    EXPECT_FALSE(is_replaceable_error(status));
}

TEST(ReuseTest, TheTimeToLiveIsWhatIsLeft) {
  const Metadata stored = with("max-age=10");
  EXPECT_EQ(time_to_live(stored, kNow), 10s);
  EXPECT_EQ(time_to_live(stored, kNow + 500ms), 9s);
  EXPECT_EQ(time_to_live(stored, kNow + 12s), -2s);
}

TEST(ReuseTest, Rfc9111Section521OnlyTwoWishesOfTheClientAreHeard) {
  const auto wishes = [](const std::string& value) {
    return read_wishes(fields({{"Cache-Control", value}}));
  };
  EXPECT_FALSE(read_wishes(fields({{"Pragma", "no-cache"}})).no_store);
  EXPECT_FALSE(wishes("no-cache, max-age=0, min-fresh=9").only_if_cached);
  EXPECT_FALSE(wishes("no-cache, max-age=0").no_store);
  EXPECT_TRUE(wishes("Only-If-Cached").only_if_cached);
  EXPECT_TRUE(wishes("max-age=0, no-store").no_store);
}

}  // namespace
}  // namespace yatagarasu::cache
