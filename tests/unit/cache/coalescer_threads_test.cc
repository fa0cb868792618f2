#include "cache/body_guard.h"
#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/fill_runner.h"
#include "cache/lead.h"
#include "cache/memory/memory_tier.h"
#include "cache/purge_scope.h"
#include "core/byte_count.h"
#include "core/result.h"
#include "http/fields.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "support/run.h"
#include "tier_conformance.h"

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

// Loops in threads that ask for the same keys at the same time; for the sanitizers above all.
namespace yatagarasu::cache {
namespace {

constexpr unsigned kLoops = 4;
constexpr std::uint64_t kMaxBody = 300'000;

// The body of a number, in pieces with a turn of the loop between them.
class PiecewiseSource final : public io::ByteSource {
 public:
  enum class End : bool { kCut, kWhole };
  PiecewiseSource(io::Loop& loop, std::string body, End end)
      : loop_(loop), body_(std::move(body)), end_(end) {}

  io::Task<core::Result<std::string_view>> next() override {
    co_await io::asio::post(loop_.executor(), io::asio::deferred);
    if (end_ == End::kCut && sent_ > body_.size() / 2) {
      co_return core::failure(core::ErrorCode::kOriginUnreachable, "cut");
    }
    constexpr std::size_t kPiece = 16'384;
    const std::string_view piece = std::string_view(body_).substr(sent_, kPiece);
    sent_ += piece.size();
    co_return piece;
  }

 private:
  io::Loop& loop_;
  std::string body_;
  End end_;
  std::size_t sent_ = 0;
};

std::string body_of(unsigned number) {
  return make_body(number * 7'919UL % 400'000, number);
}

// What all loops share, and what they have seen.
struct World {
  MemoryTier tier{{.max_size = core::mib(16), .threads = kLoops}};
  Coalescer coalescer{tier, {}};
  std::atomic<unsigned> asked{0};
  std::atomic<unsigned> wrong{0};
  std::atomic<unsigned> whole{0};
  unsigned cut_every = 0;    // Of the answers; 0 for none.
  unsigned leave_every = 0;  // Of the readers.
  bool is_length_told = true;
};

// One loop in its thread.
class Client {
 public:
  Client(World& world, unsigned seed)
      : world_(world),
        random_(seed),
        loop_(seed),
        runner_(loop_, report),
        tasks_(loop_.executor(), report) {}

  // Asks for each of the numbers at once, and ends when all have been answered.
  void run(const std::vector<unsigned>& numbers) {
    for (const unsigned number : numbers) tasks_.spawn(fetch(number));
    const auto wait = [](io::TaskGroup& tasks) -> io::Task<void> { co_await tasks.join(); };
    support::run(loop_, wait(tasks_));
  }
  // Only once no other loop reads what this one receives.
  void stop() { support::run(loop_, runner_.stop()); }
  void run_until_fills_have_ended() {
    support::run_until(loop_, [&] { return runner_.tasks().empty(); });
  }
  io::Loop& loop() { return loop_; }

 private:
  static void report(const std::exception_ptr&) { ADD_FAILURE(); }

  io::Task<void> fetch(unsigned number) {
    const std::string name = std::to_string(number);
    const KeyRef key = key_of(name);
    std::optional<EntryRef> found = world_.tier.try_find(key);
    if (*found) {
      check_entry(**found, number);
      co_return;
    }
    Coalescer::Request request{.key = key};
    core::Result<Turn> turn = co_await world_.coalescer.join(std::move(request), loop_);
    if (auto* const lead = std::get_if<Lead>(&*turn)) {
      turn = begin(std::move(*lead), number);
    }
    if (auto* const entry = std::get_if<EntryRef>(&*turn)) check_entry(**entry, number);
    if (auto* const shared = std::get_if<Shared>(&*turn)) {
      io::ByteSource& body = *shared->body;
      co_await read(body, number);
    }
  }

  Turn begin(Lead lead, unsigned number) {
    const unsigned turn = ++world_.asked;
    const auto end = world_.cut_every != 0 && turn % world_.cut_every == 0
                         ? PiecewiseSource::End::kCut
                         : PiecewiseSource::End::kWhole;
    std::string body = body_of(number);
    std::optional<std::uint64_t> length;
    if (world_.is_length_told) length = body.size();
    Lead::Begun begun = std::move(lead).begin(
        {.metadata = "m",
         .guard = BodyGuard(http::Fields(), length),
         .max_body_bytes = kMaxBody,
         .source = std::make_unique<PiecewiseSource>(loop_, std::move(body), end)},
        runner_);
    if (auto* const entry = std::get_if<EntryRef>(&begun)) return std::move(*entry);
    if (auto* const shared = std::get_if<Shared>(&begun)) return std::move(*shared);
    return Alone{};
  }

  io::Task<void> read(io::ByteSource& body, unsigned number) {
    const bool leaves = world_.leave_every != 0 && random_() % world_.leave_every == 0;
    std::string bytes(body.ready());
    for (;;) {
      const core::Result<std::string_view> piece = co_await body.next();
      if (!piece) co_return;  // Cut, and so told.
      if (piece->empty()) break;
      bytes += *piece;
      if (leaves) co_return;
    }
    check(bytes, number);
  }

  void check_entry(const Entry& entry, unsigned number) { check(read_from(entry), number); }
  void check(const std::string& bytes, unsigned number) {
    ++(bytes == body_of(number) ? world_.whole : world_.wrong);
  }

  World& world_;
  std::mt19937 random_;
  io::Loop loop_;
  FillRunner runner_;
  io::TaskGroup tasks_;
};

std::vector<unsigned> numbers_of(unsigned count, unsigned keys, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<unsigned> numbers(count);
  for (unsigned& number : numbers) number = static_cast<unsigned>(random()) % keys;
  return numbers;
}

// Each loop asks for `rounds` times the numbers. One that is done goes on running until all are:
// the others may read what it receives.
template <class Between>
void run_loops(World& world, unsigned rounds, unsigned keys, Between between) {
  std::atomic<unsigned> done{0};
  const auto work = [&](unsigned index) {
    Client client(world, index);
    for (unsigned round = 0; round < rounds; ++round) {
      client.run(numbers_of(60, keys, round * kLoops + index));
      between(index, client.loop());
      ++done;
      while (done < kLoops * (round + 1)) {
        support::run_ready(client.loop());
        std::this_thread::yield();
      }
    }
    client.run_until_fills_have_ended();
    client.stop();
    // Nobody posts to a loop that is gone.
    ++done;
    while (done < kLoops * (rounds + 1)) std::this_thread::yield();
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kLoops; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

TEST(CoalescerThreadsTest, EachKeyIsAskedForOnceWhateverTheLoop) {
  for (const bool is_length_told : {true, false}) {
    World world{.is_length_told = is_length_told};
    run_loops(world, 1, 20, [](unsigned, io::Loop&) {});

    unsigned largest = 0;
    for (unsigned number = 0; number < 20; ++number) {
      largest = std::max(largest, static_cast<unsigned>(body_of(number).size()));
    }
    ASSERT_LE(largest, kMaxBody);
    EXPECT_EQ(world.wrong, 0U);
    EXPECT_EQ(world.whole, 60 * kLoops);
    EXPECT_EQ(world.asked, 20U);
    EXPECT_EQ(world.coalescer.running(), 0U);
  }
}

TEST(CoalescerThreadsTest, NobodyGetsABodyThatLooksWholeAndIsNot) {
  for (const bool is_length_told : {true, false}) {
    World world{.cut_every = 4, .leave_every = 5, .is_length_told = is_length_told};
    run_loops(world, 4, 100, [&](unsigned index, io::Loop& loop) {
      if (index == 0) {
        world.coalescer.purge(PurgeScope::of_prefix("1"));
        static_cast<void>(support::run(loop, world.tier.purge(PurgeScope::of_prefix("1"))));
      }
      if (index == 1) {
        world.coalescer.purge(PurgeScope::everything());
        static_cast<void>(support::run(loop, world.tier.purge(PurgeScope::everything())));
      }
    });

    EXPECT_EQ(world.wrong, 0U);
    EXPECT_GT(world.whole, 50U);
    EXPECT_EQ(world.coalescer.running(), 0U);
  }
}

}  // namespace
}  // namespace yatagarasu::cache
