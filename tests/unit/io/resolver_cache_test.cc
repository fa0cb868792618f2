#include "io/resolver_cache.h"

#include "core/result.h"
#include "io/task.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>

namespace yatagarasu::io {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using core::ErrorCode;
using State = ResolverCache::Found::State;
using ::testing::ElementsAre;

class ResolverCacheTest : public ::testing::Test {
 protected:
  static DnsAnswer found(const char* address, std::chrono::seconds ttl) {
    DnsAnswer answer;
    answer.kind = DnsAnswer::Kind::kFound;
    answer.addresses = {asio::ip::make_address(address)};
    answer.ttl = ttl;
    return answer;
  }
  static DnsAnswer failed(DnsAnswer::Kind kind) {
    DnsAnswer answer;
    answer.kind = kind;
    answer.error = {ErrorCode::kOriginUnreachable, "failed"};
    return answer;
  }
  std::string address_of(TimePoint now) const {
    const ResolverCache::Found hit = cache_.find("host", now);
    return hit.answer != nullptr && *hit.answer ? hit.answer->value().front().to_string() : "";
  }
  State state(TimePoint now) const { return cache_.find("host", now).state; }

  TimePoint now_{1h};
  ResolverCache cache_;
};

TEST_F(ResolverCacheTest, KnowsNothingAtFirst) {
  EXPECT_EQ(state(now_), State::kAbsent);
}

TEST_F(ResolverCacheTest, KeepsAnAnswerForItsTtl) {
  cache_.store("host", found("10.0.0.1", 60s), now_);

  EXPECT_EQ(state(now_ + 60s - 1ms), State::kFresh);
  EXPECT_EQ(state(now_ + 60s), State::kStale);
  EXPECT_EQ(address_of(now_ + 60s), "10.0.0.1");
}

TEST_F(ResolverCacheTest, ClampsTheTtl) {
  cache_.store("host", found("10.0.0.1", 0s), now_);
  EXPECT_EQ(state(now_ + ResolverCache::kMinTtl - 1ms), State::kFresh);
  EXPECT_EQ(state(now_ + ResolverCache::kMinTtl), State::kStale);

  cache_.store("host", found("10.0.0.1", 24h), now_);
  EXPECT_EQ(state(now_ + ResolverCache::kMaxTtl), State::kStale);
}

TEST_F(ResolverCacheTest, ForgetsAStaleAnswerInTheEnd) {
  cache_.store("host", found("10.0.0.1", 60s), now_);

  EXPECT_EQ(state(now_ + 60s + ResolverCache::kMaxStale - 1ms), State::kStale);
  EXPECT_EQ(state(now_ + 60s + ResolverCache::kMaxStale), State::kAbsent);
}

TEST_F(ResolverCacheTest, KeepsAFailureForAMoment) {
  const auto& told = cache_.store("host", failed(DnsAnswer::Kind::kNoSuchName), now_);

  EXPECT_EQ(told.error().code, ErrorCode::kOriginUnreachable);
  EXPECT_EQ(state(now_ + ResolverCache::kFailureTtl - 1ms), State::kFresh);
  EXPECT_EQ(state(now_ + ResolverCache::kFailureTtl), State::kAbsent);
}

TEST_F(ResolverCacheTest, GivesTheLastGoodAnswerWhileTheServersAreDown) {
  cache_.store("host", found("10.0.0.1", 60s), now_);

  const auto& told = cache_.store("host", failed(DnsAnswer::Kind::kNoAnswer), now_ + 61s);

  EXPECT_TRUE(told);
  EXPECT_EQ(state(now_ + 61s), State::kFresh);
  EXPECT_EQ(state(now_ + 61s + ResolverCache::kFailureTtl), State::kStale);
  EXPECT_EQ(address_of(now_ + 30 * 60s), "10.0.0.1");
}

TEST_F(ResolverCacheTest, TheServersBeingDownDoesNotProlongAnAnswer) {
  cache_.store("host", found("10.0.0.1", 60s), now_);
  TimePoint now = now_ + 60s;
  while (now < now_ + 60s + ResolverCache::kMaxStale) {
    cache_.store("host", failed(DnsAnswer::Kind::kNoAnswer), now);
    now += 10 * 60s;
  }

  EXPECT_FALSE(cache_.store("host", failed(DnsAnswer::Kind::kNoAnswer), now));
}

TEST_F(ResolverCacheTest, BelievesAServerThatANameIsGone) {
  cache_.store("host", found("10.0.0.1", 60s), now_);

  EXPECT_FALSE(cache_.store("host", failed(DnsAnswer::Kind::kNoSuchName), now_ + 61s));
  EXPECT_EQ(address_of(now_ + 61s), "");
}

TEST_F(ResolverCacheTest, WaitsForAFreshAnswerOnlyWhileTheServersAnswer) {
  cache_.store("host", found("10.0.0.1", 60s), now_);
  EXPECT_EQ(cache_.find("host", now_ + 61s).patience, ResolverCache::kPatience);

  cache_.store("host", failed(DnsAnswer::Kind::kNoAnswer), now_ + 61s);
  EXPECT_EQ(cache_.find("host", now_ + 65s).patience, 0s);

  cache_.store("host", found("10.0.0.2", 60s), now_ + 65s);
  EXPECT_EQ(cache_.find("host", now_ + 126s).patience, ResolverCache::kPatience);
}

TEST_F(ResolverCacheTest, ForgetsTheNameThatExpiresFirstWhenItIsFull) {
  cache_.store("host", found("10.0.0.1", 10s), now_);
  for (std::size_t i = 0; i < ResolverCache::kMaxNames; ++i) {
    cache_.store("other" + std::to_string(i), found("10.0.0.2", 60s), now_);
  }

  EXPECT_EQ(cache_.size(), ResolverCache::kMaxNames);
  EXPECT_EQ(state(now_), State::kAbsent);
}

}  // namespace
}  // namespace yatagarasu::io
