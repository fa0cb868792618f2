#include "auth/jwt/verified_cache.h"

#include "auth/principal.h"

#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace yatagarasu::auth::jwt {
namespace {

using std::chrono_literals::operator""s;
using std::chrono::sys_seconds;

std::shared_ptr<const Principal> principal(std::string_view subject,
                                           sys_seconds valid_until = sys_seconds::max()) {
  auto made = std::make_shared<Principal>();
  made->subject = subject;
  made->valid_until = valid_until;
  return made;
}

class VerifiedCacheTest : public ::testing::Test {
 protected:
  void insert(std::string_view token, sys_seconds valid_until = sys_seconds::max()) {
    cache_.insert(VerifiedCache::Key(token), principal(token, valid_until));
  }
  // The subject, or "none".
  std::string find(std::string_view token) {
    const auto found = cache_.find(VerifiedCache::Key(token), now_);
    return found ? found->subject : "none";
  }

  VerifiedCache cache_{3};
  sys_seconds now_{1000s};
};

TEST_F(VerifiedCacheTest, FindsWhatWasPutIn) {
  insert("a");
  insert("b");

  EXPECT_EQ(find("a"), "a");
  EXPECT_EQ(find("b"), "b");
  EXPECT_EQ(find("c"), "none");
}

TEST_F(VerifiedCacheTest, FullItForgetsTheOneThatWasAskedForLongestAgo) {
  insert("a");
  insert("b");
  insert("c");
  EXPECT_EQ(find("a"), "a");

  insert("d");

  EXPECT_EQ(cache_.size(), 3U);
  EXPECT_EQ(find("b"), "none");
  EXPECT_EQ(find("a"), "a");
  EXPECT_EQ(find("c"), "c");
  EXPECT_EQ(find("d"), "d");
}

TEST_F(VerifiedCacheTest, AskingInVainMovesNothing) {
  insert("a");
  insert("b");
  insert("c");
  for (const std::string_view other : {"x", "y", "z"}) EXPECT_EQ(find(other), "none");

  insert("d");

  EXPECT_EQ(find("a"), "none");
  EXPECT_EQ(find("b"), "b");
}

TEST_F(VerifiedCacheTest, NeverHoldsMoreThanItMay) {
  for (int i = 0; i < 10'000; ++i) insert(std::to_string(i));

  EXPECT_EQ(cache_.size(), 3U);
  EXPECT_EQ(find("9999"), "9999");
  EXPECT_EQ(find("9996"), "none");
}

TEST_F(VerifiedCacheTest, ATokenPutInAgainTakesOnePlaceAndIsTheNewest) {
  insert("a");
  insert("b");
  insert("c");
  cache_.insert(VerifiedCache::Key("a"), principal("other"));
  EXPECT_EQ(cache_.size(), 3U);

  insert("d");

  EXPECT_EQ(find("a"), "other");
  EXPECT_EQ(find("b"), "none");
}

TEST_F(VerifiedCacheTest, ATokenEndsWithItsSecond) {
  insert("a", now_ + 10s);
  now_ += 9s;
  EXPECT_EQ(find("a"), "a");

  now_ += 1s;

  EXPECT_EQ(find("a"), "none");
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(VerifiedCacheTest, OtherKeysEndEverything) {
  cache_.set_generation(1);
  insert("a");
  insert("b");

  cache_.set_generation(1);
  EXPECT_EQ(find("a"), "a");
  cache_.set_generation(2);

  EXPECT_EQ(find("a"), "none");
  EXPECT_EQ(find("b"), "none");
  EXPECT_EQ(cache_.size(), 0U);
  insert("c");
  EXPECT_EQ(find("c"), "c");
}

TEST_F(VerifiedCacheTest, ASignatureIsGoodForItsOwnTextAlone) {
  insert("header.payload.signature");

  EXPECT_EQ(find("header.payload.signature"), "header.payload.signature");
  for (const std::string_view other :
       {"header.payloae.signature", "header.payload..signature", "header.signature", "signature",
        ".signature", "header.payload.signature.", "header.payload.Signature", "header.payload."}) {
    EXPECT_EQ(find(other), "none") << other;
  }
}

TEST_F(VerifiedCacheTest, ManyClaimsTakeThePlaceOfMoreTokens) {
  cache_ = VerifiedCache(1000, 10'500);
  const auto one_with_many_claims = std::make_shared<Principal>();
  one_with_many_claims->claims["groups"].emplace_array().resize(300);
  for (const std::string_view token : {"a", "b", "c"}) insert(token);
  const std::size_t bytes_of_three = cache_.bytes();

  cache_.insert(VerifiedCache::Key("many"), one_with_many_claims);

  EXPECT_LE(cache_.bytes(), 10'500U);
  EXPECT_GT(cache_.bytes(), bytes_of_three);
  EXPECT_LT(cache_.size(), 4U);
  EXPECT_NE(cache_.find(VerifiedCache::Key("many"), now_), nullptr);
  cache_.set_generation(9);
  EXPECT_EQ(cache_.bytes(), 0U);
  for (const std::string_view token : {"a", "b", "c"}) insert(token);
  EXPECT_EQ(cache_.bytes(), bytes_of_three);
}

TEST_F(VerifiedCacheTest, OneTokenThatIsTooLargeIsNotKept) {
  cache_ = VerifiedCache(3, 100);

  insert("a");

  EXPECT_EQ(cache_.size(), 0U);
  EXPECT_EQ(cache_.bytes(), 0U);
}

TEST_F(VerifiedCacheTest, WhoHasAPrincipalKeepsIt) {
  insert("a");
  const auto found = cache_.find(VerifiedCache::Key("a"), now_);

  cache_.set_generation(7);

  EXPECT_EQ(found->subject, "a");
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
