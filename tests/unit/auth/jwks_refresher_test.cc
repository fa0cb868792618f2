#include "auth/jwt/jwks_refresher.h"

#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/jwks_refresh_policy.h"
#include "auth/jwt/jwks_source.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/waiter.h"
#include "support/run.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::auth::jwt {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Keys = std::shared_ptr<const KeySet>;

// The refresher hands a key set on and never looks into it: any object will do.
core::Result<Keys> parse(std::string_view body) {
  if (body == "garbage") return core::failure(core::ErrorCode::kOriginMalformed, "is no JWK set");
  if (body == "bomb") throw std::runtime_error("bomb");
  auto text = std::make_shared<std::string>(body);
  return Keys(text, reinterpret_cast<const KeySet*>(text.get()));
}

// The body that the keys were made of.
std::string body_of(const Keys& keys) {
  return keys ? *reinterpret_cast<const std::string*>(keys.get()) : "none";
}

// What the source saw and what it does. On the refresher's loop.
struct Issuer {
  std::deque<core::Result<JwksAnswer>> answers;  // The last one is given again and again.
  std::vector<std::string> etags;                // Of each fetch that has begun.
  io::Waiter* gate = nullptr;                    // Each fetch waits for it first.

  void answer(std::string body, std::string etag = {}) {
    answers.emplace_back(JwksAnswer{.body = std::move(body), .etag = std::move(etag)});
  }
  void unchanged(std::string etag) { answers.emplace_back(JwksAnswer{.etag = std::move(etag)}); }
  void fail(std::string detail) {
    answers.emplace_back(core::failure(core::ErrorCode::kOriginUnreachable, std::move(detail)));
  }
};

class IssuerSource final : public JwksSource {
 public:
  explicit IssuerSource(Issuer& issuer) : issuer_(issuer) {}

  io::Task<core::Result<JwksAnswer>> fetch(std::string etag) override {
    issuer_.etags.push_back(std::move(etag));
    if (issuer_.gate != nullptr) co_await issuer_.gate->wait(io::kNever);
    core::Result<JwksAnswer> answer = issuer_.answers.front();
    if (issuer_.answers.size() > 1) issuer_.answers.pop_front();
    co_return answer;
  }

 private:
  Issuer& issuer_;
};

class JwksRefresherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.refresh = 1h;
    options_.first_retry = 1ms;
    options_.last_retry = 1ms;
  }
  void TearDown() override { stop(); }

  void start() {
    keys_ = std::make_shared<JwksKeys>(options_.refetch_cooldown);
    refresher_ = std::make_unique<JwksRefresher>(
        loop_, options_,
        JwksRefresher::Parts{.source = std::make_unique<IssuerSource>(issuer_),
                             .keys = keys_,
                             .parse = &parse,
                             .on_event = [this](JwksEvent event, std::string_view cause) {
                               events_.push_back(event);
                               if (!cause.empty()) causes_.emplace_back(cause);
                             }});
    refresher_->start();
  }
  // Started, with its first fetch behind it.
  void start_and_load() {
    start();
    support::run_until(loop_, [this] { return is_idle_after(1); });
  }

  void request_stop() {
    io::asio::post(loop_.executor(), [this] { refresher_->request_stop(); });
  }
  void stop() {
    if (!refresher_) return;
    request_stop();
    support::run_until(loop_, [this] { return refresher_->finished(); });
    refresher_.reset();
  }

  // Fetches begin and do not end, until the gate is woken.
  void hold_fetches() { issuer_.gate = &gate_; }

  bool is_idle_after(std::size_t fetches) const {
    const JwksCounters counters = keys_->counters();
    return counters.fetches_ok + counters.fetches_failed >= fetches;
  }
  void run_fetches(std::size_t fetches) {
    support::run_until(loop_, [this, fetches] { return is_idle_after(fetches); });
  }

  std::string refetch(io::TimePoint deadline = io::kNever) {
    return body_of(support::run(loop_, keys_->refetch_for_unknown_kid(loop_, deadline)));
  }
  static io::Task<void> collect(JwksKeys& keys, io::Loop& loop, std::vector<std::string>& bodies) {
    bodies.push_back(body_of(co_await keys.refetch_for_unknown_kid(loop, io::kNever)));
  }

  io::Loop loop_{0};
  JwksRefreshOptions options_;
  io::Waiter gate_{loop_};
  Issuer issuer_;
  std::vector<JwksEvent> events_;
  std::vector<std::string> causes_;
  std::shared_ptr<JwksKeys> keys_;
  std::unique_ptr<JwksRefresher> refresher_;
  io::TaskGroup requests_{loop_.executor(), [](const std::exception_ptr&) { FAIL(); }};
};

TEST_F(JwksRefresherTest, LoadsTheKeysWithoutBeingAsked) {
  issuer_.answer("one");
  start();
  EXPECT_FALSE(keys_->is_loaded());
  EXPECT_EQ(keys_->counters().fetched_at, std::nullopt);

  run_fetches(1);

  EXPECT_TRUE(keys_->is_loaded());
  EXPECT_EQ(body_of(keys_->current()), "one");
  EXPECT_EQ(keys_->counters().fetches_ok, 1U);
  EXPECT_NE(keys_->counters().fetched_at, std::nullopt);
  EXPECT_THAT(events_, ElementsAre(JwksEvent::kLoaded));
}

TEST_F(JwksRefresherTest, TriesUntilTheFirstLoadSucceeds) {
  issuer_.fail("refused");
  issuer_.fail("refused");
  issuer_.answer("one");
  start();

  run_fetches(3);

  EXPECT_EQ(body_of(keys_->current()), "one");
  EXPECT_EQ(keys_->counters().fetches_failed, 2U);
  EXPECT_THAT(events_, ElementsAre(JwksEvent::kFailed, JwksEvent::kLoaded, JwksEvent::kRecovered));
}

TEST_F(JwksRefresherTest, RefreshesOnSchedule) {
  issuer_.answer("one");
  issuer_.answer("two");
  issuer_.answer("three");
  options_.refresh = 1ms;
  start();

  run_fetches(3);

  EXPECT_EQ(body_of(keys_->current()), "three");
  EXPECT_THAT(events_, ElementsAre(JwksEvent::kLoaded, JwksEvent::kChanged, JwksEvent::kChanged));
}

TEST_F(JwksRefresherTest, SendsTheLastEntityTagBack) {
  issuer_.answer("one", "\"1\"");
  issuer_.unchanged("\"1b\"");
  issuer_.answer("two", "");
  issuer_.answer("three", "\"3\"");
  options_.refresh = 1ms;
  start();

  run_fetches(4);

  EXPECT_THAT(issuer_.etags, ElementsAre("", "\"1\"", "\"1b\"", ""));
}

TEST_F(JwksRefresherTest, UnchangedKeysAreNoChange) {
  issuer_.answer("one", "\"1\"");
  issuer_.unchanged("\"1\"");
  issuer_.answer("one", "\"2\"");
  options_.refresh = 1ms;
  start_and_load();
  const Keys before = keys_->current();
  const auto generation = keys_->generation();

  run_fetches(3);

  EXPECT_EQ(keys_->current(), before);
  EXPECT_EQ(keys_->generation(), generation);
  EXPECT_EQ(keys_->counters().fetches_ok, 3U);
  EXPECT_THAT(events_, ElementsAre(JwksEvent::kLoaded));
}

TEST_F(JwksRefresherTest, ChangedKeysChangeTheGeneration) {
  issuer_.answer("one");
  issuer_.answer("two");
  options_.refresh = 1ms;
  start_and_load();
  const auto generation = keys_->generation();

  run_fetches(2);

  EXPECT_GT(keys_->generation(), generation);
}

TEST_F(JwksRefresherTest, KeepsTheKeysWhileTheIssuerIsDown) {
  issuer_.answer("one");
  issuer_.fail("refused");
  options_.refresh = 1ms;
  start();

  run_fetches(5);

  EXPECT_TRUE(keys_->is_loaded());
  EXPECT_EQ(body_of(keys_->current()), "one");
  EXPECT_EQ(keys_->counters().fetches_failed, 4U);
}

TEST_F(JwksRefresherTest, TellsAFailureOnceUntilItIsAnotherAndThenItsEnd) {
  issuer_.answer("one");
  issuer_.fail("refused");
  issuer_.fail("refused");
  issuer_.fail("timed out");
  issuer_.answer("one");
  options_.refresh = 1ms;
  start();

  run_fetches(5);

  EXPECT_THAT(events_, ElementsAre(JwksEvent::kLoaded, JwksEvent::kFailed, JwksEvent::kFailed,
                                   JwksEvent::kRecovered));
  EXPECT_THAT(causes_, ElementsAre("refused", "timed out"));
}

TEST_F(JwksRefresherTest, GarbageLeavesKeysAndEntityTagAsTheyAre) {
  issuer_.answer("one", "\"1\"");
  issuer_.answer("garbage", "\"2\"");
  issuer_.unchanged("\"1\"");
  options_.refresh = 1ms;
  start();

  run_fetches(3);

  EXPECT_EQ(body_of(keys_->current()), "one");
  EXPECT_THAT(issuer_.etags, ElementsAre("", "\"1\"", "\"1\""));
  EXPECT_THAT(causes_, ElementsAre("the answer is no JWK set"));
}

TEST_F(JwksRefresherTest, GoesOnAfterAnException) {
  issuer_.answer("bomb");
  issuer_.answer("one");
  start();

  run_fetches(2);

  EXPECT_EQ(body_of(keys_->current()), "one");
  EXPECT_THAT(causes_, ElementsAre("the refresh ended by an exception"));
}

TEST_F(JwksRefresherTest, CriesOnceBeforeItGivesStaleKeysUp) {
  issuer_.answer("one");
  issuer_.fail("refused");
  options_.refresh = 1ms;
  options_.stale_warning = options_.max_stale + 1h;
  start();

  run_fetches(4);

  EXPECT_THAT(events_, ElementsAre(JwksEvent::kLoaded, JwksEvent::kFailed, JwksEvent::kEnding));
  EXPECT_TRUE(keys_->is_loaded());
}

TEST_F(JwksRefresherTest, GivesStaleKeysUpAndTakesNewOnes) {
  issuer_.answer("one", "\"1\"");
  issuer_.fail("refused");
  options_.refresh = 1ms;
  options_.max_stale = 0ms;
  options_.stale_warning = 0ms;
  start_and_load();
  const auto generation = keys_->generation();
  support::run_until(loop_, [this] { return !keys_->is_loaded(); });
  EXPECT_GT(keys_->generation(), generation);
  EXPECT_EQ(events_.back(), JwksEvent::kGivenUp);
  issuer_.etags.clear();

  issuer_.answers.clear();
  issuer_.answer("one", "\"1\"");
  support::run_until(loop_, [this] { return keys_->is_loaded(); });

  EXPECT_THAT(issuer_.etags, ElementsAre(""));
  EXPECT_THAT(std::vector(events_.end() - 2, events_.end()),
              ElementsAre(JwksEvent::kLoaded, JwksEvent::kRecovered));
}

TEST_F(JwksRefresherTest, FetchesForAnUnknownKid) {
  issuer_.answer("one");
  issuer_.answer("two");
  start_and_load();

  EXPECT_EQ(refetch(), "two");
}

TEST_F(JwksRefresherTest, FetchesOnceForUnknownKidsUntilTheCooldownHasPassed) {
  issuer_.answer("one");
  issuer_.answer("two");
  issuer_.answer("three");
  start_and_load();
  refetch();

  for (int i = 0; i < 100; ++i) EXPECT_EQ(refetch(), "two");

  EXPECT_EQ(issuer_.etags.size(), 2U);
}

TEST_F(JwksRefresherTest, FetchesAgainForAnUnknownKidAfterTheCooldown) {
  issuer_.answer("one");
  issuer_.answer("two");
  issuer_.answer("three");
  options_.refetch_cooldown = 0ms;
  start_and_load();
  refetch();

  EXPECT_EQ(refetch(), "three");
}

TEST_F(JwksRefresherTest, AFailedFetchForAnUnknownKidLeavesTheKeys) {
  issuer_.answer("one");
  issuer_.fail("refused");
  options_.first_retry = options_.last_retry = 1h;
  start_and_load();

  EXPECT_EQ(refetch(), "one");
  EXPECT_EQ(refetch(), "one");
  EXPECT_EQ(issuer_.etags.size(), 2U);
}

TEST_F(JwksRefresherTest, RequestsThatComeTogetherShareAFetch) {
  issuer_.answer("one");
  issuer_.answer("two");
  start_and_load();
  hold_fetches();
  std::vector<std::string> bodies;
  for (int i = 0; i < 50; ++i) requests_.spawn(collect(*keys_, loop_, bodies));
  support::run_until(loop_, [this] { return issuer_.etags.size() == 2; });
  requests_.spawn(collect(*keys_, loop_, bodies));
  support::run_ready(loop_);
  EXPECT_THAT(bodies, IsEmpty());

  gate_.wake();
  support::run(loop_, requests_.join());

  EXPECT_EQ(bodies, std::vector<std::string>(51, "two"));
  EXPECT_EQ(issuer_.etags.size(), 2U);
}

TEST_F(JwksRefresherTest, TheFetchAtStartIsSharedAndDoesNotCountAgainstTheCooldown) {
  issuer_.answer("one");
  issuer_.answer("two");
  hold_fetches();
  start();
  std::vector<std::string> bodies;
  requests_.spawn(collect(*keys_, loop_, bodies));
  support::run_ready(loop_);
  gate_.wake();
  support::run(loop_, requests_.join());
  ASSERT_THAT(bodies, ElementsAre("one"));

  EXPECT_EQ(refetch(), "two");
}

TEST_F(JwksRefresherTest, ARequestWaitsNoLongerThanItsDeadline) {
  issuer_.answer("one");
  start_and_load();
  hold_fetches();

  EXPECT_EQ(refetch(io::Clock::now()), "one");
  EXPECT_EQ(refetch(io::Clock::now()), "one");
}

TEST_F(JwksRefresherTest, ARequestThatIsCancelledLeavesTheFetchToTheOthers) {
  issuer_.answer("one");
  issuer_.answer("two");
  start_and_load();
  hold_fetches();
  std::vector<std::string> bodies;
  std::vector<std::string> ignored;
  io::TaskGroup leaving{loop_.executor(), [](const std::exception_ptr&) { FAIL(); }};
  leaving.spawn(collect(*keys_, loop_, ignored));
  requests_.spawn(collect(*keys_, loop_, bodies));
  support::run_until(loop_, [this] { return issuer_.etags.size() == 2; });
  support::stop(loop_, leaving);

  gate_.wake();
  support::run(loop_, requests_.join());

  EXPECT_THAT(bodies, ElementsAre("two"));
}

TEST_F(JwksRefresherTest, ManyThatWaitKeepFurtherOnesFromWaiting) {
  issuer_.answer("one");
  issuer_.answer("two");
  start_and_load();
  hold_fetches();
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < JwksKeys::kMaxWaiting; ++i) {
    requests_.spawn(collect(*keys_, loop_, bodies));
  }
  support::run_until(loop_, [this] { return issuer_.etags.size() == 2; });
  support::run_ready(loop_);

  EXPECT_EQ(refetch(), "one");

  gate_.wake();
  support::run(loop_, requests_.join());
  EXPECT_EQ(bodies, std::vector<std::string>(JwksKeys::kMaxWaiting, "two"));
}

TEST_F(JwksRefresherTest, RequestsOnOtherLoopsShareTheFetchToo) {
  issuer_.answer("one");
  issuer_.answer("two");
  start_and_load();
  hold_fetches();
  const auto ask = [this](io::Loop& loop) {
    return body_of(support::run(loop, keys_->refetch_for_unknown_kid(loop, io::kNever)));
  };
  io::Loop first(1);
  io::Loop second(2);
  auto one = std::async(std::launch::async, ask, std::ref(first));
  auto other = std::async(std::launch::async, ask, std::ref(second));
  support::run_until(loop_, [this] { return issuer_.etags.size() == 2; });

  gate_.wake();
  run_fetches(2);
  support::run_ready(loop_);

  EXPECT_EQ(one.get(), "two");
  EXPECT_EQ(other.get(), "two");
  EXPECT_EQ(issuer_.etags.size(), 2U);
}

TEST_F(JwksRefresherTest, StoppingEndsAFetchAndLetsThoseWhoWaitGo) {
  issuer_.answer("one");
  start_and_load();
  hold_fetches();
  std::vector<std::string> bodies;
  requests_.spawn(collect(*keys_, loop_, bodies));
  support::run_until(loop_, [this] { return issuer_.etags.size() == 2; });

  stop();
  support::run(loop_, requests_.join());

  EXPECT_THAT(bodies, ElementsAre("one"));
  EXPECT_THAT(events_, ElementsAre(JwksEvent::kLoaded));
  EXPECT_EQ(keys_->counters().fetches_failed, 0U);
}

TEST_F(JwksRefresherTest, TheKeysOutliveItAndNobodyFetchesAnyMore) {
  issuer_.answer("one");
  start_and_load();

  stop();

  EXPECT_EQ(refetch(), "one");
  EXPECT_EQ(issuer_.etags.size(), 1U);
}

TEST(JwksKeysTest, AreNoneBeforeTheyAreRefreshed) {
  io::Loop loop(0);
  JwksKeys keys(10min);

  EXPECT_EQ(support::run(loop, keys.refetch_for_unknown_kid(loop, io::kNever)), nullptr);
  EXPECT_FALSE(keys.is_loaded());
}

}  // namespace
}  // namespace yatagarasu::auth::jwt
