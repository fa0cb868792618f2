#pragma once

#include "cache/entry.h"
#include "cache/purge_scope.h"
#include "cache/tier.h"
#include "io/loop.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/uio.h>
#include <utility>

// What every tier must do. A tier's own test gives TierConformance a fixture with make(max_bytes).
namespace yatagarasu::cache {

inline std::uint64_t test_hash(std::string_view bytes) {
  std::uint64_t mixed = std::hash<std::string_view>()(bytes);
  return mixed ^ (mixed << 32U);
}

inline KeyRef key_of(std::string_view bytes, BucketId bucket = 0) {
  return {.bytes = bytes, .hash = test_hash(bytes), .bucket = bucket};
}

// The bytes from `offset` on, read as a connection would: few parts at a time.
template <class Source>
std::string read_from(const Source& source, std::uint64_t offset = 0) {
  std::string bytes;
  std::array<iovec, 3> parts{};
  while (const std::size_t count = source.gather(offset, parts)) {
    for (std::size_t i = 0; i < count; ++i) {
      bytes.append(static_cast<const char*>(parts.at(i).iov_base), parts.at(i).iov_len);
      offset += parts.at(i).iov_len;
    }
  }
  return bytes;
}

// Bytes that differ from place to place, and from one seed to another.
inline std::string make_body(std::size_t size, unsigned seed = 0) {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    body[i] = static_cast<char>('a' + (i * 31 + i / 997 + seed) % 26);
  }
  return body;
}

template <class Fixture>
class TierConformance : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kMaxBytes = 32U << 20U;
  static constexpr std::uint64_t kMaxBody = 4U << 20U;

  enum class Length : bool { kUnknown, kKnown };

  std::unique_ptr<EntryWriter> open(const KeyRef& key, std::optional<std::uint64_t> body_bytes,
                                    std::string_view metadata = "metadata") {
    auto writer = tier_->open(
        {.key = key, .metadata = metadata, .body_bytes = body_bytes, .max_body_bytes = kMaxBody});
    return writer ? std::move(*writer) : nullptr;
  }
  Stored<EntryRef> commit(EntryWriter& writer) {
    if (auto committed = writer.try_commit()) return std::move(*committed);
    return support::run(loop_, writer.commit());
  }
  Stored<EntryRef> store(const KeyRef& key, std::string_view body,
                         std::string_view metadata = "metadata", Length length = Length::kKnown) {
    const auto writer =
        open(key, length == Length::kKnown ? std::optional(body.size()) : std::nullopt, metadata);
    if (!writer) return std::unexpected(NotStored::kNoSpace);
    constexpr std::size_t kPiece = 10'000;
    for (std::size_t at = 0; at < body.size(); at += kPiece) {
      if (const auto taken = writer->append(body.substr(at, kPiece)); !taken) {
        return std::unexpected(taken.error());
      }
    }
    return commit(*writer);
  }
  EntryRef find(const KeyRef& key) {
    if (auto found = tier_->try_find(key)) return std::move(*found);
    return support::run(loop_, tier_->find(key));
  }
  std::uint64_t purge(const PurgeScope& scope) {
    return support::run(loop_, tier_->purge(scope)).value();
  }
  Stored<EntryRef> replace(const KeyRef& key, const EntryRef& known, std::string_view metadata) {
    if (auto replaced = tier_->try_replace(key, known, metadata)) return std::move(*replaced);
    return support::run(loop_, tier_->replace(key, known, std::string(metadata)));
  }

  io::Loop loop_{0};
  Fixture fixture_;
  std::unique_ptr<Tier> tier_ = fixture_.make(kMaxBytes);
};

TYPED_TEST_SUITE_P(TierConformance);

TYPED_TEST_P(TierConformance, WhatWasStoredIsFoundAsItWas) {
  for (const std::size_t size : {0U, 1U, 100U, 5'000U, 65'536U, 70'001U, 1'000'000U}) {
    for (const auto length : {TestFixture::Length::kKnown, TestFixture::Length::kUnknown}) {
      const std::string body = make_body(size);
      const KeyRef key = key_of("object");

      ASSERT_TRUE(this->store(key, body, "fields of it", length)) << size;
      const EntryRef found = this->find(key);

      ASSERT_TRUE(found) << size;
      EXPECT_EQ(found->metadata(), "fields of it");
      EXPECT_EQ(found->kind(), EntryKind::kResponse);
      EXPECT_EQ(found->size(), size);
      EXPECT_TRUE(read_from(*found) == body) << size;
      EXPECT_TRUE(read_from(*found, size / 3) == body.substr(size / 3)) << size;
    }
  }
}

TYPED_TEST_P(TierConformance, AnotherKeyIsNotFound) {
  ASSERT_TRUE(this->store(key_of("object"), "body"));

  EXPECT_FALSE(this->find(key_of("objec")));
  EXPECT_FALSE(this->find({.bytes = "other", .hash = test_hash("object"), .bucket = 0}));
}

TYPED_TEST_P(TierConformance, AnUncommittedWriteIsNeverFound) {
  const KeyRef key = key_of("object");
  {
    const auto writer = this->open(key, std::nullopt);
    ASSERT_TRUE(writer->append("the half of it"));

    EXPECT_FALSE(this->find(key));
  }
  EXPECT_FALSE(this->find(key));
}

TYPED_TEST_P(TierConformance, ABodyShorterThanPromisedIsNotStored) {
  const KeyRef key = key_of("object");
  const auto writer = this->open(key, 20);
  ASSERT_TRUE(writer->append("the half"));

  EXPECT_FALSE(this->commit(*writer));
  EXPECT_FALSE(this->find(key));
}

TYPED_TEST_P(TierConformance, ABodyLongerThanPromisedIsRefused) {
  const auto writer = this->open(key_of("object"), 4);

  const auto taken = writer->append("12345");

  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error(), NotStored::kTooLarge);
  EXPECT_FALSE(this->commit(*writer));
}

TYPED_TEST_P(TierConformance, WhatIsTooLargeIsRefused) {
  const auto known = this->tier_->open({.key = key_of("object"),
                                        .metadata = "",
                                        .body_bytes = TestFixture::kMaxBody + 1,
                                        .max_body_bytes = TestFixture::kMaxBody});
  ASSERT_FALSE(known);
  EXPECT_EQ(known.error(), NotStored::kTooLarge);

  const auto writer = this->open(key_of("object"), std::nullopt);
  const std::string body = make_body(TestFixture::kMaxBody);
  ASSERT_TRUE(writer->append(body));
  EXPECT_FALSE(writer->append("1"));
  EXPECT_TRUE(read_from(*writer) == body);
  EXPECT_FALSE(this->commit(*writer));
}

TYPED_TEST_P(TierConformance, WhatWasAppendedCanBeReadBeforeAndAfterTheCommit) {
  const std::string body = make_body(300'000);
  const auto writer = this->open(key_of("object"), std::nullopt);

  for (std::size_t at = 0; at < body.size(); at += 30'000) {
    ASSERT_TRUE(writer->append(std::string_view(body).substr(at, 30'000)));
    ASSERT_TRUE(read_from(*writer) == body.substr(0, at + 30'000));
  }
  ASSERT_TRUE(this->commit(*writer));
  this->purge(PurgeScope::everything());

  EXPECT_TRUE(read_from(*writer) == body);
}

TYPED_TEST_P(TierConformance, ANewerEntryTakesThePlaceOfTheOlder) {
  const KeyRef key = key_of("object");
  ASSERT_TRUE(this->store(key, "old", "old fields"));
  const EntryRef old = this->find(key);
  ASSERT_TRUE(this->store(key, "newer", "newer fields"));

  EXPECT_EQ(read_from(*this->find(key)), "newer");
  EXPECT_EQ(old->metadata(), "old fields");
  EXPECT_EQ(read_from(*old), "old");
  EXPECT_EQ(this->tier_->stats().total.objects, 1U);
}

TYPED_TEST_P(TierConformance, AnEntryGetsOtherMetadataAndKeepsItsBody) {
  for (const std::size_t size : {100U, 300'000U}) {
    const std::string body = make_body(size);
    const KeyRef key = key_of("object");
    const EntryRef old = this->store(key, body, "old").value();

    ASSERT_TRUE(this->replace(key, old, "brought up to date"));
    const EntryRef found = this->find(key);

    EXPECT_EQ(found->metadata(), "brought up to date");
    EXPECT_TRUE(read_from(*found) == body);
    EXPECT_EQ(old->metadata(), "old");
    EXPECT_TRUE(read_from(*old) == body);
  }
}

TYPED_TEST_P(TierConformance, OnlyTheStoredEntryIsReplacedOrRemoved) {
  const KeyRef key = key_of("object");
  const EntryRef old = this->store(key, "old").value();
  const EntryRef newer = this->store(key, "newer").value();

  const auto replaced = this->replace(key, old, "of the old");
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error(), NotStored::kChanged);
  this->tier_->remove(key, old);
  EXPECT_EQ(read_from(*this->find(key)), "newer");

  this->tier_->remove(key, newer);
  EXPECT_FALSE(this->find(key));
  EXPECT_FALSE(this->replace(key, newer, "after the end"));
}

TYPED_TEST_P(TierConformance, PurgesRemoveWhatIsInTheirScopeAndNothingElse) {
  const auto fill = [this] {
    for (const std::string_view key : {"a/1", "a/2", "b/1", "b/10"}) {
      ASSERT_TRUE(this->store(key_of(key, 1), "body"));
    }
    ASSERT_TRUE(this->store(key_of("c/1", 2), "body"));
  };
  fill();
  EXPECT_EQ(this->purge(PurgeScope::of_key(key_of("b/1", 1))), 1U);
  EXPECT_FALSE(this->find(key_of("b/1", 1)));
  EXPECT_TRUE(this->find(key_of("b/10", 1)));

  EXPECT_EQ(this->purge(PurgeScope::of_prefix("a/")), 2U);
  EXPECT_FALSE(this->find(key_of("a/1", 1)));
  EXPECT_TRUE(this->find(key_of("b/10", 1)));

  fill();
  EXPECT_EQ(this->purge(PurgeScope::of_bucket(1)), 4U);
  EXPECT_TRUE(this->find(key_of("c/1", 2)));

  fill();
  EXPECT_EQ(this->purge(PurgeScope::everything()), 5U);
  EXPECT_EQ(this->purge(PurgeScope::everything()), 0U);
  EXPECT_EQ(this->tier_->stats().total.objects, 0U);
}

TYPED_TEST_P(TierConformance, APurgeMeetsEveryEntryOfMany) {
  constexpr int kCount = 20'000;
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(this->store(key_of((i % 2 == 0 ? "even/" : "odd/") + std::to_string(i)), "body"));
  }

  EXPECT_EQ(this->purge(PurgeScope::of_prefix("even/")), kCount / 2U);

  for (int i = 0; i < kCount; ++i) {
    const bool is_even = i % 2 == 0;
    const std::string key = (is_even ? "even/" : "odd/") + std::to_string(i);
    ASSERT_NE(static_cast<bool>(this->find(key_of(key))), is_even) << key;
  }
}

TYPED_TEST_P(TierConformance, APurgeDuringAWriteWins) {
  const KeyRef key = key_of("object", 3);
  for (const PurgeScope& scope : {PurgeScope::of_key(key), PurgeScope::of_prefix("obj"),
                                  PurgeScope::of_bucket(3), PurgeScope::everything()}) {
    const auto writer = this->open(key, 4);
    const auto other = this->open(key_of("unrelated", 4), 4);
    ASSERT_TRUE(writer->append("body"));
    EXPECT_EQ(this->purge(scope), 0U);

    const auto committed = this->commit(*writer);

    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error(), NotStored::kPurged);
    EXPECT_FALSE(this->find(key));
    EXPECT_EQ(read_from(*writer), "body");
    ASSERT_TRUE(this->store(key, "body of after the purge"));
    this->purge(PurgeScope::everything());
  }
}

TYPED_TEST_P(TierConformance, APurgeDisturbsNobodyWhoReads) {
  const KeyRef key = key_of("object");
  const std::string body = make_body(200'000);
  ASSERT_TRUE(this->store(key, body));
  const EntryRef held = this->find(key);

  this->purge(PurgeScope::everything());
  ASSERT_TRUE(this->store(key_of("next"), make_body(200'000, 5)));

  EXPECT_EQ(held->metadata(), "metadata");
  EXPECT_TRUE(read_from(*held) == body);
}

TYPED_TEST_P(TierConformance, StaysWithinItsSizeAndCountsEvictions) {
  constexpr std::uint64_t kCount = 300;
  for (unsigned i = 0; i < kCount; ++i) {
    ASSERT_TRUE(this->store(key_of(std::to_string(i)), make_body(300'000, i)));
    ASSERT_LE(this->tier_->stats().total.bytes, TestFixture::kMaxBytes);
  }
  const TierStats stats = this->tier_->stats();
  EXPECT_EQ(stats.max_bytes, TestFixture::kMaxBytes);
  EXPECT_GT(stats.total.evictions, 0U);
  EXPECT_EQ(stats.total.objects + stats.total.evictions, kCount);
}

TYPED_TEST_P(TierConformance, StatisticsAreKeptByBucket) {
  ASSERT_TRUE(this->store(key_of("one", 1), make_body(1'000)));
  ASSERT_TRUE(this->store(key_of("two", 2), make_body(2'000)));
  this->find(key_of("one", 1));
  this->find(key_of("one", 1));
  this->find(key_of("nothing", 2));
  this->tier_->peek(key_of("one", 1));

  const TierStats stats = this->tier_->stats();

  ASSERT_GE(stats.buckets.size(), 3U);
  EXPECT_EQ(stats.buckets[1].objects, 1U);
  EXPECT_EQ(stats.buckets[1].hits, 2U);
  EXPECT_EQ(stats.buckets[1].misses, 0U);
  EXPECT_GE(stats.buckets[1].bytes, 1'000U);
  EXPECT_EQ(stats.buckets[2].objects, 1U);
  EXPECT_EQ(stats.buckets[2].hits, 0U);
  EXPECT_EQ(stats.buckets[2].misses, 1U);
  EXPECT_EQ(stats.total.objects, 2U);
  EXPECT_EQ(stats.total.hits, 2U);
  EXPECT_EQ(stats.total.misses, 1U);
}

TYPED_TEST_P(TierConformance, AMarkerIsFoundButNotCounted) {
  const KeyRef key = key_of("object", 1);
  const auto writer = this->tier_->open(
      {.key = key, .metadata = "names", .kind = EntryKind::kMarker, .body_bytes = 0});
  ASSERT_TRUE(writer);
  ASSERT_TRUE(this->commit(**writer));

  EXPECT_EQ(this->find(key)->kind(), EntryKind::kMarker);
  EXPECT_EQ(this->tier_->stats().total.objects, 0U);
  EXPECT_EQ(this->tier_->stats().total.hits, 0U);
  EXPECT_EQ(this->purge(PurgeScope::of_key(key)), 0U);
  EXPECT_FALSE(this->find(key));
}

REGISTER_TYPED_TEST_SUITE_P(TierConformance, WhatWasStoredIsFoundAsItWas, AnotherKeyIsNotFound,
                            AnUncommittedWriteIsNeverFound, ABodyShorterThanPromisedIsNotStored,
                            ABodyLongerThanPromisedIsRefused, WhatIsTooLargeIsRefused,
                            WhatWasAppendedCanBeReadBeforeAndAfterTheCommit,
                            ANewerEntryTakesThePlaceOfTheOlder,
                            AnEntryGetsOtherMetadataAndKeepsItsBody,
                            OnlyTheStoredEntryIsReplacedOrRemoved,
                            PurgesRemoveWhatIsInTheirScopeAndNothingElse,
                            APurgeMeetsEveryEntryOfMany, APurgeDuringAWriteWins,
                            APurgeDisturbsNobodyWhoReads, StaysWithinItsSizeAndCountsEvictions,
                            StatisticsAreKeptByBucket, AMarkerIsFoundButNotCounted);

}  // namespace yatagarasu::cache
