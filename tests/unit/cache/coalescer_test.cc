#include "cache/coalescer.h"

#include "cache/body_guard.h"
#include "cache/entry.h"
#include "cache/fill.h"
#include "cache/fill_runner.h"
#include "cache/lead.h"
#include "cache/memory/memory_tier.h"
#include "cache/purge_scope.h"
#include "cache/refusal_memory.h"
#include "core/byte_count.h"
#include "core/result.h"
#include "http/fields.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "scripted_source.h"
#include "support/run.h"
#include "tier_conformance.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace yatagarasu::cache {
namespace {

using core::ErrorCode;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

// One who asks: what join() told it, and what it has read since.
struct Asker {
  std::optional<core::Result<Turn>> turn;
  std::string bytes;
  bool is_ended = false;
  std::optional<core::Error> error;

  template <class T>
  T* got() {
    return turn && *turn ? std::get_if<T>(&**turn) : nullptr;
  }
};

class CoalescerTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kMaxBody = 1U << 20U;

  ~CoalescerTest() override {
    if (!tasks_.empty()) support::stop(loop_, tasks_);
    askers_.clear();
    support::run(loop_, runner_.stop());
  }

  static io::Task<void> join(Coalescer& coalescer, Coalescer::Request request, io::Loop& loop,
                             Asker& asker) {
    asker.turn = co_await coalescer.join(std::move(request), loop);
  }
  static io::Task<void> read_on(io::ByteSource& source, Asker& asker) {
    for (;;) {
      const core::Result<std::string_view> piece = co_await source.next();
      if (!piece) {
        asker.error = piece.error();
        co_return;
      }
      if (piece->empty()) break;
      asker.bytes += *piece;
    }
    asker.is_ended = true;
  }

  // Asks, and gets as far as that goes without the origin.
  Asker& ask(std::string_view key = "object", const EntryRef& known = {},
             io::TimePoint deadline = io::kNever) {
    Asker& asker = askers_.emplace_back();
    tasks_.spawn(join(*coalescer_, {.key = key_of(key), .known = known, .deadline = deadline},
                      loop_, asker));
    go_on();
    return asker;
  }
  std::vector<Asker*> ask_all(int count, std::string_view key = "object") {
    std::vector<Asker*> all;
    for (int i = 0; i < count; ++i) all.push_back(&ask(key));
    return all;
  }
  Lead lead(std::string_view key = "object") {
    Asker& asker = ask(key);
    return std::move(*asker.got<Lead>());
  }

  // Begins the answer whose body the script tells. The leader then is the asker that is returned.
  Asker& begin(Lead lead, std::optional<std::uint64_t> length, const http::Fields& fields = {}) {
    Asker& asker = askers_.emplace_back();
    Lead::Begun begun = std::move(lead).begin({.metadata = "metadata",
                                               .guard = BodyGuard(fields, length),
                                               .max_body_bytes = kMaxBody,
                                               .source = std::make_unique<ScriptedSource>(script_)},
                                              runner_);
    if (auto* const entry = std::get_if<EntryRef>(&begun)) asker.turn = Turn(std::move(*entry));
    if (auto* const shared = std::get_if<Shared>(&begun)) asker.turn = Turn(std::move(*shared));
    if (auto* const source = std::get_if<std::unique_ptr<io::ByteSource>>(&begun)) {
      returned_ = std::move(*source);
    }
    go_on();
    return asker;
  }
  void read(Asker& asker) {
    io::ByteSource& source = *asker.got<Shared>()->body;
    asker.bytes += source.ready();
    tasks_.spawn(read_on(source, asker));
    go_on();
  }
  void go_on() { support::run_ready(loop_); }
  void arrive(std::string piece) {
    script_->arrive(std::move(piece));
    go_on();
  }
  void end() {
    script_->end();
    go_on();
  }
  EntryRef stored(std::string_view key = "object") { return tier_.peek(key_of(key)); }
  void make_coalescer(const CoalescerOptions& options) {
    coalescer_ = std::make_unique<Coalescer>(tier_, options);
  }

  io::Loop loop_{0};
  MemoryTier tier_{{.max_size = core::mib(16), .threads = 1}};
  std::unique_ptr<Coalescer> coalescer_ = std::make_unique<Coalescer>(tier_, CoalescerOptions{});
  FillRunner runner_{loop_, [](const std::exception_ptr&) { ADD_FAILURE(); }};
  std::shared_ptr<ScriptedSource::Script> script_ = std::make_shared<ScriptedSource::Script>(loop_);
  std::unique_ptr<io::ByteSource> returned_;
  std::list<Asker> askers_;
  io::TaskGroup tasks_{loop_.executor(), [](const std::exception_ptr&) { ADD_FAILURE(); }};
};

TEST_F(CoalescerTest, OneAsksAndAThousandShareItsAnswer) {
  Lead first = lead();
  const auto others = ask_all(1'000);
  for (Asker* const other : others) ASSERT_FALSE(other->turn);

  Asker& leader = begin(std::move(first), 6);
  read(leader);
  arrive("abc");
  for (Asker* const other : others) {
    ASSERT_TRUE(other->got<Shared>());
    EXPECT_EQ(other->got<Shared>()->head->metadata, "metadata");
    EXPECT_EQ(other->got<Shared>()->head->body_bytes, 6U);
    read(*other);
    ASSERT_EQ(other->bytes, "abc");
  }
  arrive("def");

  for (Asker* const other : others) {
    ASSERT_TRUE(other->is_ended);
    ASSERT_EQ(other->bytes, "abcdef");
  }
  EXPECT_EQ(leader.bytes, "abcdef");
  EXPECT_EQ(read_from(*stored()), "abcdef");
  EXPECT_EQ(coalescer_->running(), 0U);
}

TEST_F(CoalescerTest, ABodyThatCameWithItsHeadIsStoredWithoutATask) {
  Lead first = lead();
  Asker& other = ask();
  script_->ready = "all of it";

  Asker& leader = begin(std::move(first), 9);

  EXPECT_TRUE(runner_.tasks().empty());
  ASSERT_TRUE(leader.got<EntryRef>());
  EXPECT_EQ(read_from(**leader.got<EntryRef>()), "all of it");
  ASSERT_TRUE(other.got<EntryRef>());
  EXPECT_EQ(other.got<EntryRef>()->get(), stored().get());
  EXPECT_TRUE(script_->is_destroyed);
}

TEST_F(CoalescerTest, AnAnswerWithoutABodyIsStoredToo) {
  Lead::Begun begun =
      lead().begin({.metadata = "not found", .guard = {}, .source = nullptr}, runner_);

  ASSERT_TRUE(std::holds_alternative<EntryRef>(begun));
  EXPECT_EQ(stored()->metadata(), "not found");
  EXPECT_EQ(stored()->size(), 0U);
}

TEST_F(CoalescerTest, OneWhoComesLateReadsFromTheFirstByte) {
  Asker& leader = begin(lead(), std::nullopt);
  read(leader);
  arrive(make_body(100'000, 1));
  arrive(make_body(50'000, 2));

  Asker& late = ask();
  ASSERT_TRUE(late.got<Shared>());
  read(late);
  arrive(make_body(70'000, 3));
  end();

  const std::string whole = make_body(100'000, 1) + make_body(50'000, 2) + make_body(70'000, 3);
  EXPECT_TRUE(late.is_ended);
  EXPECT_TRUE(late.bytes == whole);
  EXPECT_TRUE(leader.bytes == whole);
  EXPECT_TRUE(read_from(*stored()) == whole);
}

TEST_F(CoalescerTest, ASlowReaderDoesNotHoldUpABodyThatIsStored) {
  Asker& leader = begin(lead(), 600'000);
  arrive(make_body(100'000));
  Asker& fast = ask();
  read(fast);

  for (int i = 1; i < 6; ++i) arrive(make_body(100'000));

  EXPECT_TRUE(fast.is_ended);
  EXPECT_TRUE(stored());
  read(leader);
  EXPECT_EQ(leader.bytes.size(), 600'000U);
  EXPECT_TRUE(leader.is_ended);
}

TEST_F(CoalescerTest, AFollowerSurvivesTheLeadersLeaving) {
  Lead first = lead();
  Asker& follower = ask();
  Asker& leader = begin(std::move(first), 6);
  arrive("abc");
  read(follower);

  leader.turn.reset();
  arrive("def");

  EXPECT_TRUE(follower.is_ended);
  EXPECT_EQ(follower.bytes, "abcdef");
  EXPECT_TRUE(stored());
}

TEST_F(CoalescerTest, WithTheLastReaderTheOriginsTransferGoes) {
  Lead first = lead();
  Asker& follower = ask();
  Asker& leader = begin(std::move(first), 6);
  arrive("abc");

  leader.turn.reset();
  go_on();
  EXPECT_FALSE(script_->is_destroyed);
  follower.turn.reset();
  EXPECT_TRUE(ask().got<Lead>());
  go_on();

  EXPECT_TRUE(script_->is_destroyed);
  EXPECT_TRUE(runner_.tasks().empty());
  EXPECT_FALSE(stored());
}

TEST_F(CoalescerTest, AWaitingFollowerKeepsTheTransferToo) {
  Lead first = lead();
  Asker& follower = ask();
  Asker& leader = begin(std::move(first), 3);

  leader.turn.reset();
  go_on();
  EXPECT_FALSE(script_->is_destroyed);
  arrive("abc");

  ASSERT_TRUE(follower.got<EntryRef>());
  EXPECT_EQ(read_from(**follower.got<EntryRef>()), "abc");
}

TEST_F(CoalescerTest, ALeadThatIsGivenUpPassesToOneOfThoseWhoWait) {
  auto others = [&] {
    const Lead first = lead();
    return ask_all(3);
  }();
  go_on();

  std::vector<Asker*> waiting;
  Asker* next = nullptr;
  for (Asker* const other : others) {
    if (other->turn) {
      EXPECT_EQ(next, nullptr);
      next = other;
    } else {
      waiting.push_back(other);
    }
  }
  ASSERT_NE(next, nullptr);
  ASSERT_EQ(waiting.size(), 2U);
  script_->ready = "abc";
  begin(std::move(*next->got<Lead>()), 3);
  for (Asker* const other : waiting) EXPECT_TRUE(other->got<EntryRef>());
}

TEST_F(CoalescerTest, ALeadGivenUpWithNobodyWaitingLeavesNothing) {
  {
    const Lead first = lead();
  }
  EXPECT_EQ(coalescer_->running(), 0U);
  EXPECT_TRUE(ask().got<Lead>());
}

TEST_F(CoalescerTest, AFailureBeforeTheFirstByteSendsFollowersToTheOrigin) {
  Lead first = lead();
  const auto others = ask_all(2);
  Asker& leader = begin(std::move(first), 6);
  read(leader);
  script_->fail();
  go_on();

  for (Asker* const other : others) EXPECT_TRUE(other->got<Alone>());
  ASSERT_TRUE(leader.error);
  EXPECT_EQ(leader.error->code, ErrorCode::kOriginUnreachable);
  EXPECT_FALSE(stored());
  EXPECT_TRUE(ask().got<Lead>());
}

TEST_F(CoalescerTest, AFailureInTheBodyCutsEveryReader) {
  Lead first = lead();
  Asker& follower = ask();
  Asker& leader = begin(std::move(first), 6);
  read(leader);
  arrive("abc");
  read(follower);
  script_->fail();
  go_on();

  for (Asker* const reader : {&leader, &follower}) {
    EXPECT_EQ(reader->bytes, "abc");
    EXPECT_FALSE(reader->is_ended);
    EXPECT_TRUE(reader->error);
  }
  EXPECT_FALSE(stored());
}

TEST_F(CoalescerTest, ABodyThatEndsEarlyIsCutAndNotStored) {
  Asker& leader = begin(lead(), 6);
  read(leader);
  arrive("abc");
  end();

  EXPECT_FALSE(leader.is_ended);
  ASSERT_TRUE(leader.error);
  EXPECT_EQ(leader.error->code, ErrorCode::kOriginMalformed);
  EXPECT_FALSE(stored());
}

TEST_F(CoalescerTest, TheEndOfABodyWithAWrongChecksumIsNeverHandedOut) {
  http::Fields fields;
  fields.add("x-amz-checksum-crc32", "AAAAAA==");
  for (const auto length : {std::optional<std::uint64_t>(6), std::optional<std::uint64_t>()}) {
    script_ = std::make_shared<ScriptedSource::Script>(loop_);
    Asker& leader = begin(lead(), length, fields);
    read(leader);
    arrive("abc");
    arrive("def");
    end();

    EXPECT_EQ(leader.bytes, length ? "abc" : "abcdef");
    EXPECT_FALSE(leader.is_ended);
    EXPECT_TRUE(leader.error);
    EXPECT_FALSE(stored());
  }
}

TEST_F(CoalescerTest, ARefusalReleasesThoseWhoWaitAndIsRemembered) {
  Lead first = lead();
  Asker& other = ask();

  std::move(first).refuse();
  go_on();

  EXPECT_TRUE(other.got<Alone>());
  EXPECT_TRUE(ask().got<Alone>());
  EXPECT_TRUE(ask("another").got<Lead>());
}

TEST_F(CoalescerTest, ARefusalIsRememberedForAShortTimeOnly) {
  make_coalescer({.remember_refusal = 0ms});
  lead().refuse();
  EXPECT_TRUE(ask().got<Lead>());
}

TEST(RefusalMemoryTest, ForgetsAtItsTime) {
  RefusalMemory memory;
  const io::TimePoint now{1h};
  memory.remember(7, now + 5ms);

  EXPECT_TRUE(memory.holds(7, now + 4ms));
  EXPECT_FALSE(memory.holds(7, now + 5ms));
  EXPECT_FALSE(memory.holds(8, now));
  EXPECT_FALSE(memory.holds(0, now));
}

TEST_F(CoalescerTest, AFailedRequestReleasesThoseWhoWaitAndIsNotRemembered) {
  Lead first = lead();
  Asker& other = ask();

  std::move(first).fail();
  go_on();

  EXPECT_TRUE(other.got<Alone>());
  EXPECT_TRUE(ask().got<Lead>());
}

TEST_F(CoalescerTest, ABodyKnownToBeTooLargeIsTheLeadersAlone) {
  Lead first = lead();
  Asker& other = ask();

  begin(std::move(first), kMaxBody + 1);

  EXPECT_TRUE(returned_);
  EXPECT_FALSE(script_->is_destroyed);
  EXPECT_TRUE(other.got<Alone>());
  EXPECT_TRUE(ask().got<Alone>());
}

TEST_F(CoalescerTest, ABodyThatOutgrowsTheLimitReachesItsReadersWhole) {
  Lead first = lead();
  Asker& follower = ask();
  Asker& leader = begin(std::move(first), std::nullopt);
  read(leader);
  std::string whole;
  for (unsigned i = 0; i < 40; ++i) {
    whole += make_body(60'000, i);
    arrive(make_body(60'000, i));
    if (i == 0) read(follower);
  }
  EXPECT_TRUE(ask().got<Alone>());
  end();

  EXPECT_TRUE(leader.is_ended && follower.is_ended);
  EXPECT_TRUE(leader.bytes == whole);
  EXPECT_TRUE(follower.bytes == whole);
  EXPECT_FALSE(stored());
  leader.turn.reset();
  follower.turn.reset();
  EXPECT_LT(tier_.stats().total.bytes, 200'000U);
}

TEST_F(CoalescerTest, WhatABodyThatFindsNoRoomHasReplacedIsNotFoundAnyMore) {
  script_->ready = "old";
  begin(lead("known length"), 3);
  script_->ready = "old";
  begin(lead("outgrows"), 3);
  const EntryRef known = stored("known length");
  const EntryRef other = stored("outgrows");
  ASSERT_TRUE(known && other);

  script_ = std::make_shared<ScriptedSource::Script>(loop_);
  begin(std::move(*ask("known length", known).got<Lead>()), kMaxBody + 1);
  EXPECT_FALSE(stored("known length"));

  script_ = std::make_shared<ScriptedSource::Script>(loop_);
  Asker& leader = begin(std::move(*ask("outgrows", other).got<Lead>()), std::nullopt);
  arrive("new");
  EXPECT_TRUE(stored("outgrows"));
  read(leader);
  arrive(make_body(kMaxBody));
  EXPECT_FALSE(stored("outgrows"));
}

TEST_F(CoalescerTest, OneWhoReadsAloneSetsThePaceOfABodyThatPassesThrough) {
  make_coalescer({.patience = 0ms});
  Asker& leader = begin(lead(), std::nullopt);
  for (unsigned i = 0; i < 100; ++i) arrive(make_body(60'000, i));

  // Up to the limit it is stored as fast as it comes; then it waits.
  EXPECT_LE(script_->pulled, kMaxBody + kFillWindow + 60'000);
  read(leader);
  end();

  EXPECT_TRUE(leader.is_ended);
  EXPECT_EQ(leader.bytes.size(), 6'000'000U);
}

TEST_F(CoalescerTest, OneWhoHoldsUpOthersIsCut) {
  make_coalescer({.patience = 0ms});
  Lead first = lead();
  Asker& slow = ask();
  Asker& fast = begin(std::move(first), std::nullopt);
  read(fast);
  std::string whole;
  for (unsigned i = 0; i < 60; ++i) {
    whole += make_body(60'000, i);
    arrive(make_body(60'000, i));
  }
  end();
  EXPECT_TRUE(fast.is_ended);
  EXPECT_TRUE(fast.bytes == whole);

  read(slow);

  EXPECT_FALSE(slow.is_ended);
  ASSERT_TRUE(slow.error);
  EXPECT_EQ(slow.error->code, ErrorCode::kOverloaded);
}

TEST_F(CoalescerTest, OthersAreHeldUpForAsLongAsThereIsPatience) {
  make_coalescer({.patience = 1h});
  Lead first = lead();
  Asker& slow = ask();
  Asker& fast = begin(std::move(first), std::nullopt);
  read(fast);
  for (unsigned i = 0; i < 60; ++i) arrive(make_body(60'000, i));
  end();
  EXPECT_FALSE(fast.is_ended);

  read(slow);

  EXPECT_TRUE(slow.is_ended && fast.is_ended);
  EXPECT_TRUE(slow.bytes == fast.bytes);
}

TEST_F(CoalescerTest, APurgeWhileTheOriginIsAskedKeepsTheAnswerOut) {
  Lead first = lead();
  Asker& before = ask();
  coalescer_->purge(PurgeScope::of_prefix("obj"));
  Asker& after = ask();
  ASSERT_TRUE(after.got<Lead>());

  script_->ready = "old";
  Asker& leader = begin(std::move(first), 3);
  go_on();

  EXPECT_FALSE(stored());
  ASSERT_TRUE(leader.got<Shared>());
  read(leader);
  EXPECT_EQ(leader.bytes, "old");
  ASSERT_TRUE(before.got<Shared>());
  EXPECT_TRUE(after.got<Lead>());
}

TEST_F(CoalescerTest, APurgeDuringAFillWinsAndDisturbsNoReader) {
  Asker& leader = begin(lead(), 6);
  read(leader);
  arrive("abc");

  coalescer_->purge(PurgeScope::everything());
  support::run(loop_, tier_.purge(PurgeScope::everything())).value();
  Asker& after = ask();
  arrive("def");

  EXPECT_TRUE(after.got<Lead>());
  EXPECT_TRUE(leader.is_ended);
  EXPECT_EQ(leader.bytes, "abcdef");
  EXPECT_FALSE(stored());
}

TEST_F(CoalescerTest, ThoseWhoWaitForAPurgedLeadThatIsGivenUpLookAgain) {
  Asker* waiting = nullptr;
  {
    const Lead first = lead();
    waiting = &ask();
    coalescer_->purge(PurgeScope::everything());
  }
  go_on();
  EXPECT_TRUE(waiting->got<LookAgain>());
}

TEST_F(CoalescerTest, AnEntryBroughtUpToDateAnswersThoseWhoWait) {
  script_->ready = "abc";
  begin(lead(), 3);
  const EntryRef stale = stored();

  Asker& first = ask("object", stale);
  Asker& other = ask("object", stale);
  ASSERT_TRUE(first.got<Lead>());
  const EntryRef fresh = **tier_.try_replace(key_of("object"), stale, "fresh");
  std::move(*first.got<Lead>()).publish(fresh);
  go_on();

  ASSERT_TRUE(other.got<EntryRef>());
  EXPECT_EQ((*other.got<EntryRef>())->metadata(), "fresh");
  // One who has looked at the tier before the update.
  EXPECT_TRUE(ask("object", stale).got<EntryRef>());
  EXPECT_TRUE(ask("object", fresh).got<Lead>());
}

TEST_F(CoalescerTest, ALeadGoesOnUnderTheKeyOfAVariant) {
  Lead first = lead();
  Asker& waiting = ask();

  first.move_to(key_of("object|gzip"));
  go_on();
  EXPECT_TRUE(waiting.got<LookAgain>());
  Asker& same = ask("object|gzip");
  EXPECT_FALSE(same.turn);
  script_->ready = "abc";
  begin(std::move(first), 3);

  EXPECT_TRUE(same.got<EntryRef>());
  EXPECT_TRUE(stored("object|gzip"));
  EXPECT_FALSE(stored("object"));
}

TEST_F(CoalescerTest, AVariantThatIsBeingFetchedAlreadyIsNotStoredTwice) {
  Lead other = lead("object|gzip");
  Lead first = lead();
  first.move_to(key_of("object|gzip"));
  script_->ready = "abc";
  Asker& leader = begin(std::move(first), 3);

  EXPECT_TRUE(leader.got<Shared>());
  EXPECT_FALSE(stored("object|gzip"));
  EXPECT_FALSE(ask("object|gzip").turn);
}

TEST_F(CoalescerTest, ADeadlineEndsTheWaiting) {
  const Lead first = lead();
  Asker& other = ask("object", {}, io::Clock::now());
  support::run_until(loop_, [&] { return other.turn.has_value(); });

  ASSERT_FALSE(*other.turn);
  EXPECT_EQ(other.turn->error().code, ErrorCode::kOriginTimeout);
}

TEST_F(CoalescerTest, AStopEndsFillsAndCutsTheirReaders) {
  Asker& leader = begin(lead(), 6);
  read(leader);
  arrive("abc");

  support::run(loop_, runner_.stop());
  go_on();

  EXPECT_TRUE(script_->is_destroyed);
  EXPECT_TRUE(leader.error);
  EXPECT_FALSE(stored());
}

}  // namespace
}  // namespace yatagarasu::cache
