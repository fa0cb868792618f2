#include "admin/cache_admin.h"

#include "cache/cache_status.h"
#include "cache/coalescer.h"
#include "cache/key.h"
#include "cache/memory/memory_tier.h"
#include "core/byte_count.h"
#include "io/loop.h"
#include "support/run.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::admin {
namespace {

constexpr std::uint64_t kSeed = 7;

class CacheAdminTest : public ::testing::Test {
 protected:
  CacheAdminTest() {
    admin_.add({.name = "a", .space = a_, .id = 0, .requests = [] {
                  CacheAdmin::Requests requests;
                  requests.by_outcome[static_cast<std::size_t>(cache::Outcome::kStale)] = 3;
                  requests.collapsed = 2;
                  return requests;
                }});
    admin_.add(
        {.name = "b", .space = b_, .id = 1, .requests = [] { return CacheAdmin::Requests{}; }});
  }

  static cache::KeyRef ref(const cache::Key& key, cache::BucketId bucket) {
    return {.bytes = key.bytes(), .hash = key.hash(), .bucket = bucket};
  }

  void store(const cache::Key& key, cache::BucketId bucket) {
    auto writer = tier_.open(
        {.key = ref(key, bucket), .metadata = "m", .body_bytes = 0, .max_body_bytes = 10});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->try_commit().value());
  }
  bool holds(const cache::Key& key, cache::BucketId bucket) {
    return static_cast<bool>(tier_.peek(ref(key, bucket)));
  }
  std::uint64_t purge(const CacheAdmin::Target& target) {
    return support::run(loop_, admin_.purge(admin_.scope_of(target).value())).value();
  }

  io::Loop loop_{0};
  cache::MemoryTier tier_{{.max_size = core::mib(8), .threads = 1}};
  cache::Coalescer coalescer_{tier_, {}};
  cache::KeySpace a_{{.bucket = "a", .identity = "x"}, kSeed};
  cache::KeySpace b_{{.bucket = "b", .identity = "x"}, kSeed};
  CacheAdmin admin_{tier_, coalescer_};
};

TEST_F(CacheAdminTest, AnObjectGoesInAllItsQueriesAndNothingElse) {
  const cache::Key plain(a_, "k", "");
  const cache::Key version(a_, "k", "versionId=1");
  const cache::Key longer(a_, "k2", "");
  const cache::Key of_other(b_, "k", "");
  for (const auto* const key : {&plain, &version, &longer}) store(*key, 0);
  store(of_other, 1);

  EXPECT_EQ(purge({.bucket = "a", .key = "k"}), 2U);

  EXPECT_FALSE(holds(plain, 0));
  EXPECT_FALSE(holds(version, 0));
  EXPECT_TRUE(holds(longer, 0));
  EXPECT_TRUE(holds(of_other, 1));
}

TEST_F(CacheAdminTest, APrefixABucketAndEverythingGoWithWhatIsInThem) {
  const cache::Key in(a_, "dir/x", "");
  const cache::Key out(a_, "dir", "");
  const cache::Key of_other(b_, "dir/x", "");
  store(in, 0);
  store(out, 0);
  store(of_other, 1);

  EXPECT_EQ(purge({.bucket = "a", .prefix = "dir/"}), 1U);
  EXPECT_FALSE(holds(in, 0));
  EXPECT_EQ(purge({.bucket = "a"}), 1U);
  EXPECT_TRUE(holds(of_other, 1));
  EXPECT_EQ(purge({}), 1U);
  EXPECT_FALSE(holds(of_other, 1));
  EXPECT_EQ(purge({}), 0U);
}

TEST_F(CacheAdminTest, ABucketThatIsNotCachedHasNothingToPurge) {
  EXPECT_FALSE(admin_.scope_of({.bucket = "c"}));
}

TEST_F(CacheAdminTest, StatisticsNameTiersAndBuckets) {
  store(cache::Key(a_, "k", ""), 0);

  const boost::json::value stats = boost::json::parse(admin_.to_json());

  const boost::json::value& tier = stats.at("tiers").at("memory");
  EXPECT_EQ(tier.at("objects"), 1);
  EXPECT_EQ(tier.at("max_bytes").to_number<std::uint64_t>(), core::mib(8).bytes);
  EXPECT_GT(tier.at("bytes").to_number<std::uint64_t>(), 0U);
  EXPECT_EQ(stats.at("buckets").at("a").at("objects"), 1);
  EXPECT_EQ(stats.at("buckets").at("b").at("objects"), 0);
  EXPECT_EQ(stats.at("buckets").at("a").at("requests"),
            boost::json::parse(R"({"hit":0,"miss":0,"bypass":0,"stale":3,"revalidated":0,)"
                               R"("coalesced":2})"));
}

}  // namespace
}  // namespace yatagarasu::admin
