#include "cache/key.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace yatagarasu::cache {
namespace {

constexpr std::uint64_t kSeed = 42;

const KeySpace kSpace({.bucket = "products", .identity = "https://s3|bucket||AKID"}, kSeed);

TEST(KeyTest, TheSameRequestHasTheSameKey) {
  const Key key(kSpace, "a/b", "versionId=1");
  EXPECT_EQ(key, Key(kSpace, "a/b", "versionId=1"));
  EXPECT_EQ(key.hash(), Key(kSpace, "a/b", "versionId=1").hash());
}

TEST(KeyTest, BucketSourceKeyAndQueryAllTellKeysApart) {
  const KeySpace other_bucket({.bucket = "other", .identity = "https://s3|bucket||AKID"}, kSeed);
  const KeySpace other_source({.bucket = "products", .identity = "https://s3|bucket||AKIE"}, kSeed);
  const KeySpace shifted({.bucket = "product", .identity = "shttps://s3|bucket||AKID"}, kSeed);
  std::set<std::string_view> seen;
  std::set<std::uint64_t> hashes;
  const Key all[] = {
      Key(kSpace, "a/b", ""),  Key(kSpace, "a/b", "x=1"),    Key(kSpace, "a/bx=1", ""),
      Key(kSpace, "a/", "b"),  Key(other_bucket, "a/b", ""), Key(other_source, "a/b", ""),
      Key(shifted, "a/b", ""), Key(kSpace, "A/b", ""),       Key(kSpace, "", "")};
  for (const Key& key : all) {
    EXPECT_TRUE(seen.insert(key.bytes()).second);
    EXPECT_TRUE(hashes.insert(key.hash()).second);
  }
}

TEST(KeyTest, AKeyIsAssignedAgain) {
  Key key(kSpace, "long/long/long/long/key", "x=1");
  key.select_variant("foo=1\n");
  key.assign(kSpace, "a", "");
  EXPECT_EQ(key, Key(kSpace, "a", ""));
  EXPECT_EQ(key.hash(), Key(kSpace, "a", "").hash());
}

TEST(KeyTest, VariantsAreApartFromEachOtherAndFromTheObject) {
  Key plain(kSpace, "a", "");
  Key one(kSpace, "a", "");
  one.select_variant("foo=1\n");
  Key two(kSpace, "a", "");
  two.select_variant("foo=2\n");
  EXPECT_FALSE(one == two);
  EXPECT_FALSE(one == plain);
  EXPECT_NE(one.hash(), plain.hash());
}

TEST(KeyTest, LongSelectingValuesMakeNoLongKey) {
  const std::string value(20'000, 'x');
  Key one(kSpace, "a", "");
  one.select_variant("foo=" + value + "\n");
  Key two(kSpace, "a", "");
  two.select_variant("foo=" + value + "y\n");
  EXPECT_LT(one.bytes().size(), 100U);
  EXPECT_FALSE(one == two);
}

TEST(KeyTest, PurgePrefixesMeetTheirObjectsAndNoOthers) {
  Key variant(kSpace, "a/b", "x=1");
  variant.select_variant("foo=1\n");
  const KeySpace other({.bucket = "other", .identity = ""}, kSeed);

  EXPECT_TRUE(variant.bytes().starts_with(kSpace.prefix_of_object("a/b")));
  EXPECT_FALSE(variant.bytes().starts_with(kSpace.prefix_of_object("a/")));
  EXPECT_TRUE(variant.bytes().starts_with(kSpace.prefix_of_keys("a/")));
  EXPECT_TRUE(variant.bytes().starts_with(kSpace.prefix_of_keys("")));
  EXPECT_FALSE(variant.bytes().starts_with(other.prefix_of_keys("")));
}

TEST(KeyTest, TheHashDependsOnSeedLengthAndEveryBit) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string text(size, '\0');
    EXPECT_NE(hash_bytes(text, 1), hash_bytes(text, 2));
    EXPECT_NE(hash_bytes(text, 1), hash_bytes(text + '\0', 1));
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      std::string changed = text;
      changed[bit / 8] = static_cast<char>(1U << (bit % 8));
      const std::uint64_t difference = hash_bytes(text, 1) ^ hash_bytes(changed, 1);
      EXPECT_GT(std::popcount(difference), 8) << size << " " << bit;
    }
  }
}

}  // namespace
}  // namespace yatagarasu::cache
