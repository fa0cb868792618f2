#include "cache/body_guard.h"
#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/fill_runner.h"
#include "cache/key.h"
#include "cache/lead.h"
#include "cache/memory/memory_tier.h"
#include "cache/tier.h"
#include "core/byte_count.h"
#include "core/result.h"
#include "http/fields.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <array>
#include <benchmark/benchmark.h>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <malloc.h>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

namespace yatagarasu::cache {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

const KeySpace& space() {
  static const KeySpace made({.bucket = "products", .identity = "bench"}, 42);
  return made;
}

Key make_key(std::size_t number) {
  return {space(), "images/2026/07/" + std::to_string(number) + ".jpg", ""};
}

KeyRef ref(const Key& key) {
  return {.bytes = key.bytes(), .hash = key.hash()};
}

// About what S3 sends: 240 bytes behind 40 of metadata.
const std::string& metadata() {
  static const std::string made(280, 'm');
  return made;
}

bool store(Tier& tier, const KeyRef& key, std::string_view body, std::string_view fields) {
  const auto writer = tier.open(
      {.key = key, .metadata = fields, .body_bytes = body.size(), .max_body_bytes = body.size()});
  return writer && (*writer)->append(body) && (*writer)->try_commit()->has_value();
}

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Hits in random order, so that no branch is learnt; with 1,000,000 objects each is a walk through
// memory that no CPU cache holds.
class Lookup : public benchmark::Fixture {
 public:
  static constexpr std::size_t kAsked = 1U << 16U;

  void SetUp(const benchmark::State& state) override {
    if (state.thread_index() != 0) return;
    const auto objects = static_cast<std::size_t>(state.range(0));
    tier_ = std::make_unique<MemoryTier>(MemoryTierOptions{.max_size = core::gib(2), .threads = 2});
    keys_.clear();
    for (std::size_t i = 0; i < objects; ++i) {
      const Key key = make_key(i);
      require(store(*tier_, ref(key), std::string(1024, 'b'), metadata()));
    }
    std::mt19937 random(1);
    for (std::size_t i = 0; i < kAsked; ++i) keys_.push_back(make_key(random() % objects));
  }
  void TearDown(const benchmark::State& state) override {
    if (state.thread_index() == 0) tier_.reset();
  }

 protected:
  std::unique_ptr<MemoryTier> tier_;
  std::vector<Key> keys_;
};

BENCHMARK_DEFINE_F(Lookup, hit)(benchmark::State& state) {
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 1'000;
  for (auto _ : state) {
    const auto found = tier_->try_find(ref(keys_[i]));
    benchmark::DoNotOptimize(found);
    i = (i + 1) % kAsked;
  }
  if (state.thread_index() == 0) require(tier_->stats().total.misses == 0);
}
BENCHMARK_REGISTER_F(Lookup, hit)->Arg(1'000)->Arg(20'000)->Arg(1'000'000);
BENCHMARK_REGISTER_F(Lookup, hit)->Arg(20'000)->Threads(2);

void miss(benchmark::State& state) {
  MemoryTier tier({.max_size = core::mib(256), .threads = 2});
  std::vector<Key> keys;
  for (std::size_t i = 0; i < Lookup::kAsked; ++i) keys.push_back(make_key(i));
  for (std::size_t i = 0; i < 20'000; ++i) {
    const Key key = make_key(1'000'000 + i);
    require(store(tier, ref(key), "b", metadata()));
  }
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(tier.try_find(ref(keys[i])));
    i = (i + 1) % keys.size();
  }
}
BENCHMARK(miss);

// Into a full tier: something is evicted for each.
void insert(benchmark::State& state) {
  MemoryTier tier({.max_size = core::mib(64), .threads = 2});
  const std::string body(static_cast<std::size_t>(state.range(0)), 'b');
  const std::size_t full = core::mib(128).bytes / (body.size() + 512);
  std::size_t i = 0;
  for (; i < full; ++i) require(store(tier, ref(make_key(i)), body, metadata()));
  for (auto _ : state) require(store(tier, ref(make_key(i++)), body, metadata()));
  require(tier.stats().total.evictions > 0);
  state.SetBytesProcessed(static_cast<std::int64_t>(body.size()) * state.iterations());
}
BENCHMARK(insert)->Arg(1'024)->Arg(65'536)->Arg(1'048'576);

// A body that comes with its head.
class ReadySource final : public io::ByteSource {
 public:
  explicit ReadySource(std::string_view body) : body_(body) {}
  std::string_view ready() override { return body_; }
  io::Task<core::Result<std::string_view>> next() override { co_return std::string_view(); }

 private:
  std::string_view body_;
};

// What a miss of 1 KiB costs beside the request to the origin: to join, fill and store.
io::Task<void> fill_each(benchmark::State& state, io::Loop& loop) {
  MemoryTier tier({.max_size = core::mib(64), .threads = 2});
  Coalescer coalescer(tier, {});
  FillRunner runner(loop, [](const std::exception_ptr&) { std::abort(); });
  const std::string body(1024, 'b');
  std::size_t number = 0;
  for (auto _ : state) {
    const Key key = make_key(number++);
    Coalescer::Request request{.key = ref(key)};
    core::Result<Turn> turn = co_await coalescer.join(std::move(request), loop);
    Lead::Begun begun = std::get<Lead>(std::move(*turn))
                            .begin({.metadata = metadata(),
                                    .guard = BodyGuard(http::Fields(), body.size()),
                                    .max_body_bytes = body.size(),
                                    .source = std::make_unique<ReadySource>(body)},
                                   runner);
    require(std::holds_alternative<EntryRef>(begun));
  }
  require(runner.tasks().empty());
}

void fill(benchmark::State& state) {
  io::Loop loop(0);
  io::asio::co_spawn(loop.executor(), fill_each(state, loop), io::asio::detached);
  loop.context().run();
}
BENCHMARK(fill);

// What a million objects of 100 bytes cost beyond body, key and metadata, counted by the tier and
// by the system.
void bytes_per_small_object(benchmark::State& state) {
  constexpr std::size_t kObjects = 1'000'000;
  const std::string body(100, 'b');
  for (auto _ : state) {
    const std::uint64_t before = resident_bytes();
    MemoryTier tier({.max_size = core::gib(2), .threads = 2});
    std::uint64_t data = 0;
    for (std::size_t i = 0; i < kObjects; ++i) {
      const Key key = make_key(i);
      data += key.bytes().size() + metadata().size() + body.size();
      require(store(tier, ref(key), body, metadata()));
    }
    const TierStats stats = tier.stats();
    require(stats.total.objects == kObjects);
    const auto each = [](std::uint64_t bytes) {
      return static_cast<double>(bytes) / static_cast<double>(kObjects);
    };
    state.counters["overhead_bytes"] = each(stats.total.bytes - data);
    state.counters["overhead_and_key_bytes"] =
        each(stats.total.bytes - data) + each(data) - 100 - static_cast<double>(metadata().size());
    state.counters["resident_overhead_bytes"] = each(resident_bytes() - before - data);
  }
}
BENCHMARK(bytes_per_small_object)->Unit(benchmark::kMillisecond)->Iterations(1);

// Pours ten times the size through, in mixes of sizes that change, while some entries are held as
// by slow transfers. Fails when memory passes max_size by more than a twentieth.
void pour(benchmark::State& state) {
  constexpr core::ByteCount kMax = core::mib(128);
  const std::string bytes(core::mib(4).bytes, 'b');
  const std::array<std::size_t, 7> sizes{100, 4'000'000, 3'000, 60'000, 100, 700'000, 40'961};
  double most_counted = 0;
  double most_resident = 0;
  double most_malloc = 0;
  for (auto _ : state) {
    const std::uint64_t resident = resident_bytes();
    const std::uint64_t allocated = ::mallinfo2().uordblks;
    MemoryTier tier({.max_size = kMax, .threads = 2});
    std::mt19937 random(1);
    std::vector<EntryRef> held(16);
    std::size_t number = 0;
    for (const std::size_t scale : sizes) {
      for (std::uint64_t poured = 0; poured < kMax.bytes * 10 / sizes.size();) {
        // A tenth of any size, the rest around the scale of the phase.
        const std::size_t around = scale / 2 + random() % scale;
        const std::size_t size = random() % 10 == 0 ? random() % 20'000 : around;
        const Key key = make_key(number++);
        poured += size;
        require(store(tier, ref(key), std::string_view(bytes).substr(0, size), metadata()));
        if (random() % 50 == 0) held[random() % held.size()] = tier.peek(ref(key));
        if (number % 256 != 0) continue;
        const auto part = [](std::uint64_t used) {
          return 100.0 * static_cast<double>(used) / static_cast<double>(kMax.bytes);
        };
        most_counted = std::max(most_counted, part(tier.stats().total.bytes));
        most_resident = std::max(most_resident, part(resident_bytes() - resident));
        most_malloc = std::max(most_malloc, part(::mallinfo2().uordblks - allocated));
      }
    }
  }
  state.counters["counted_percent"] = most_counted;
  state.counters["resident_percent"] = most_resident;
  state.counters["malloc_percent"] = most_malloc;
  require(most_resident <= 105);
}
BENCHMARK(pour)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace yatagarasu::cache
