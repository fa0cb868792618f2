#include "cache/memory/memory_tier.h"

#include "cache/entry.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"
#include "core/byte_count.h"
#include "io/loop.h"
#include "support/run.h"
#include "tier_conformance.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace yatagarasu::cache {
namespace {

struct MemoryTierFixture {
  static std::unique_ptr<Tier> make(std::uint64_t max_bytes) {
    return std::make_unique<MemoryTier>(MemoryTierOptions{.max_size = {max_bytes}, .threads = 2});
  }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TierConformance, MemoryTierFixture);

Stored<EntryRef> store(Tier& tier, const KeyRef& key, std::string_view body) {
  const auto writer = tier.open(
      {.key = key, .metadata = "m", .body_bytes = body.size(), .max_body_bytes = 1U << 22U});
  if (!writer) return std::unexpected(writer.error());
  if (const auto taken = (*writer)->append(body); !taken) return std::unexpected(taken.error());
  return *(*writer)->try_commit();
}

// Whatever happens, an entry is what was stored last under its key, or is not there.
TEST(MemoryTierModelTest, RandomOperationsAgreeWithAReferenceModel) {
  MemoryTier tier({.max_size = core::mib(8), .threads = 1});
  io::Loop loop(0);
  std::map<std::string, std::pair<std::string, std::string>> model;  // Metadata and body by key.
  std::deque<std::pair<EntryRef, std::string>> held;                 // References and their bodies.
  std::mt19937 random(static_cast<unsigned>(::testing::UnitTest::GetInstance()->random_seed()));
  const auto below = [&](unsigned limit) {
    return std::uniform_int_distribution<unsigned>(0, limit - 1)(random);
  };

  for (int step = 0; step < 20'000; ++step) {
    const BucketId bucket = static_cast<BucketId>(below(3));
    const std::string name = std::to_string(bucket) + "/" + std::to_string(below(400));
    const KeyRef key = key_of(name, bucket);
    switch (below(12)) {
      case 0:
      case 1:
      case 2: {
        const std::string body = make_body(below(below(10) == 0 ? 200'000 : 3'000), below(26));
        ASSERT_TRUE(store(tier, key, body));
        model[name] = {"m", body};
        break;
      }
      case 3: {
        const EntryRef found = tier.peek(key);
        if (!found) break;
        const std::string metadata = make_body(below(500), below(26));
        if ((*tier.try_replace(key, found, metadata)).has_value()) model[name].first = metadata;
        break;
      }
      case 4:
        if (below(20) == 0) {
          support::run(loop, tier.purge(PurgeScope::of_prefix(name))).value();
          std::erase_if(model, [&](const auto& item) { return item.first.starts_with(name); });
        } else {
          support::run(loop, tier.purge(PurgeScope::of_key(key))).value();
          model.erase(name);
        }
        ASSERT_FALSE(tier.peek(key));
        break;
      case 5:
        if (below(200) != 0) break;
        support::run(loop, tier.purge(PurgeScope::of_bucket(bucket))).value();
        std::erase_if(model, [&](const auto& item) { return item.first.starts_with(name[0]); });
        break;
      default: {
        const EntryRef found = *tier.try_find(key);
        if (!found) break;  // It may have been evicted.
        ASSERT_TRUE(model.contains(name));
        ASSERT_TRUE(found->metadata() == model[name].first);
        ASSERT_TRUE(read_from(*found) == model[name].second);
        held.emplace_back(found, model[name].second);
        if (held.size() > 20) held.pop_front();
        ASSERT_TRUE(read_from(*held.front().first) == held.front().second);
      }
    }
    ASSERT_LE(tier.stats().total.bytes, core::mib(8).bytes);
  }
  held.clear();
  support::run(loop, tier.purge(PurgeScope::everything())).value();
  const TierStats stats = tier.stats();
  EXPECT_EQ(stats.total.objects, 0U);
  for (const Usage& bucket : stats.buckets) EXPECT_EQ(bucket.bytes, 0U);
  // Tables, sketches and the like are left, and no chunk.
  EXPECT_LT(stats.total.bytes, 300'000U);
}

TEST(MemoryTierTest, AFullTierWhoseEntriesAreAllInUseRefusesMore) {
  MemoryTier tier({.max_size = core::mib(4), .threads = 1});
  std::vector<EntryRef> held;
  const std::string body = make_body(100'000);

  std::optional<NotStored> refused;
  for (int i = 0; i < 100 && !refused; ++i) {
    const auto stored = store(tier, key_of(std::to_string(i)), body);
    if (stored) {
      held.push_back(*stored);
    } else {
      refused = stored.error();
    }
  }

  EXPECT_EQ(refused, NotStored::kNoSpace);
  EXPECT_LE(tier.stats().total.bytes, core::mib(4).bytes);
  for (const EntryRef& entry : held) EXPECT_TRUE(read_from(*entry) == body);
  held.clear();
  EXPECT_TRUE(store(tier, key_of("next"), body));
}

TEST(MemoryTierTest, AChangeOfSizesFindsRoomAgain) {
  MemoryTier tier({.max_size = core::mib(8), .threads = 1});
  const auto pour = [&](std::string_view name, std::size_t size, int count) {
    const std::string body = make_body(size);
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(store(tier, key_of(std::string(name) + std::to_string(i)), body));
      ASSERT_LE(tier.stats().total.bytes, core::mib(8).bytes);
    }
  };

  pour("small", 100, 60'000);
  pour("large", 1'000'000, 30);
  pour("middle", 5'000, 5'000);
  pour("odd", 40'961, 400);
  pour("small again", 300, 40'000);

  EXPECT_GT(tier.stats().total.objects, 10'000U);
}

TEST(MemoryTierTest, WhatIsAskedForOftenSurvivesAScan) {
  MemoryTier tier({.max_size = core::mib(8), .threads = 1});
  const std::string body = make_body(10'000);
  const auto hot = [](int i) { return "hot" + std::to_string(i % 200); };
  for (int i = 0; i < 2'000; ++i) {
    if (!*tier.try_find(key_of(hot(i)))) ASSERT_TRUE(store(tier, key_of(hot(i)), body));
  }

  for (int i = 0; i < 5'000; ++i) {
    const std::string name = "once" + std::to_string(i);
    ASSERT_FALSE(*tier.try_find(key_of(name)));
    ASSERT_TRUE(store(tier, key_of(name), body));
  }

  int left = 0;
  for (int i = 0; i < 200; ++i) left += tier.peek(key_of(hot(i))) ? 1 : 0;
  EXPECT_GT(left, 190);
}

// For the sanitizers: threads that look up, store, replace, purge and read what they hold.
TEST(MemoryTierTest, ThreadsShareOneTier) {
  MemoryTier tier({.max_size = core::mib(8), .threads = 4});
  std::atomic<int> wrong{0};
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    io::Loop loop(seed);
    std::deque<std::pair<EntryRef, std::string>> held;
    for (int step = 0; step < 1'500; ++step) {
      const unsigned number = random() % 200;
      const std::string name = std::to_string(number);
      const KeyRef key = key_of(name, static_cast<BucketId>(number % 3));
      const std::string body = make_body(number * number * 3, number);
      const unsigned what = random() % 100;
      if (what < 40) {
        static_cast<void>(store(tier, key, body));
      } else if (what == 41) {
        static_cast<void>(support::run(loop, tier.purge(PurgeScope::of_prefix("1"))));
      } else if (what == 42) {
        static_cast<void>(support::run(loop, tier.purge(PurgeScope::of_key(key))));
      } else if (what < 50) {
        if (const EntryRef found = tier.peek(key)) tier.try_replace(key, found, "m");
      } else if (const EntryRef found = *tier.try_find(key)) {
        held.emplace_back(found, body);
        if (held.size() > 8) held.pop_front();
        if (read_from(*held.front().first) != held.front().second) ++wrong;
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(wrong, 0);
  EXPECT_LE(tier.stats().total.bytes, core::mib(8).bytes);
}

}  // namespace
}  // namespace yatagarasu::cache
