// Hit ratios of Eviction beside LRU and W-TinyLFU, simulated on traces of a known kind. The
// published comparison of TinyLFU (Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache
// Admission Policy", 2017) is on Zipf 0.9 as well; figures hold for one trace only, so all three
// are run on the same one, W-TinyLFU after the paper: a window of a hundredth, a segmented LRU of
// which four fifths are protected, counters of four bits that halve every ten cache sizes.
#include "cache/memory/eviction.h"
#include "cache/memory/frequency_sketch.h"

#include <algorithm>
#include <array>
#include <benchmark/benchmark.h>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

namespace yatagarasu::cache {
namespace {

using Trace = std::vector<std::uint64_t>;

constexpr std::size_t kObjects = 200'000;
constexpr std::size_t kRequests = 4'000'000;
constexpr std::size_t kCapacity = 20'000;

// Keys spread as a hash would.
std::uint64_t hash_of(std::uint64_t key) {
  key = (key ^ (key >> 31U)) * 0x9e3779b97f4a7c15U;
  key = (key ^ (key >> 29U)) * 0xbf58476d1ce4e5b9U;
  return key ^ (key >> 32U);
}

class Zipf {
 public:
  explicit Zipf(double exponent) {
    double sum = 0;
    for (std::size_t rank = 1; rank <= kObjects; ++rank) {
      sum += 1 / std::pow(static_cast<double>(rank), exponent);
      cumulative_.push_back(sum);
    }
  }
  std::uint64_t operator()(std::mt19937_64& random) const {
    const double at = std::uniform_real_distribution<>(0, cumulative_.back())(random);
    return static_cast<std::uint64_t>(std::ranges::lower_bound(cumulative_, at) -
                                      cumulative_.begin());
  }

 private:
  std::vector<double> cumulative_;
};

const Trace& zipf_trace() {
  static const Trace trace = [] {
    const Zipf zipf(0.9);
    std::mt19937_64 random(1);
    Trace made;
    for (std::size_t i = 0; i < kRequests; ++i) made.push_back(zipf(random));
    return made;
  }();
  return trace;
}

// The same, and again and again half a cache of objects that are asked for once.
const Trace& scan_trace() {
  static const Trace trace = [] {
    Trace made;
    std::uint64_t fresh = kObjects;
    for (std::size_t i = 0; i < kRequests / 2; ++i) {
      made.push_back(zipf_trace()[i]);
      if (i % (2 * kCapacity) != 0) continue;
      for (std::size_t j = 0; j < kCapacity / 2; ++j) made.push_back(fresh++);
    }
    return made;
  }();
  return trace;
}

class Lru {
 public:
  bool ask(std::uint64_t key) {
    if (const auto found = places_.find(key); found != places_.end()) {
      queue_.splice(queue_.begin(), queue_, found->second);
      return true;
    }
    if (places_.size() == kCapacity) {
      places_.erase(queue_.back());
      queue_.pop_back();
    }
    queue_.push_front(key);
    places_[key] = queue_.begin();
    return false;
  }

 private:
  std::list<std::uint64_t> queue_;
  std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> places_;
};

class WTinyLfu {
 public:
  WTinyLfu() { sketch_.resize(std::bit_ceil(kCapacity)); }

  bool ask(std::uint64_t key) {
    sketch_.increment(hash_of(key));
    if (++asked_ % (10 * kCapacity) == 0) sketch_.halve();
    if (const auto found = places_.find(key); found != places_.end()) {
      hit(found->second);
      return true;
    }
    push(kWindow, key);
    if (queues_[kWindow].size() > kCapacity / 100) leave_window();
    return false;
  }

 private:
  enum Segment : std::uint8_t { kWindow, kProbation, kProtected };
  struct Place {
    Segment segment = kWindow;
    std::list<std::uint64_t>::iterator at{};
  };

  void push(Segment segment, std::uint64_t key) {
    queues_.at(segment).push_front(key);
    places_[key] = {segment, queues_.at(segment).begin()};
  }
  void move(Place& place, Segment to) {
    auto& queue = queues_.at(to);
    queue.splice(queue.begin(), queues_.at(place.segment), place.at);
    place.segment = to;
  }
  void hit(Place& place) {
    move(place, place.segment == kWindow ? kWindow : kProtected);
    if (queues_[kProtected].size() > kCapacity * 99 / 100 * 4 / 5) {
      move(places_[queues_[kProtected].back()], kProbation);
    }
  }
  void leave_window() {
    const std::uint64_t candidate = queues_[kWindow].back();
    if (places_.size() > kCapacity) {
      auto& victims = queues_[queues_[kProbation].empty() ? kProtected : kProbation];
      const std::uint64_t victim = victims.back();
      const bool is_admitted =
          sketch_.estimate(hash_of(candidate)) > sketch_.estimate(hash_of(victim));
      (is_admitted ? victims : queues_[kWindow]).pop_back();
      places_.erase(is_admitted ? victim : candidate);
      if (!is_admitted) return;
    }
    move(places_[candidate], kProbation);
  }

  std::array<std::list<std::uint64_t>, 3> queues_;
  std::unordered_map<std::uint64_t, Place> places_;
  FrequencySketch sketch_;
  std::size_t asked_ = 0;
};

class Ours {
 public:
  // As a table of so many entries sizes it.
  Ours() { eviction_.resize(std::bit_ceil(kCapacity * 8 / 7)); }

  bool ask(std::uint64_t key) {
    if (const auto found = nodes_.find(key); found != nodes_.end()) {
      eviction_.hit(*found->second);
      return true;
    }
    const std::uint64_t hash = hash_of(key);
    eviction_.missed(hash);
    if (nodes_.size() == kCapacity) {
      auto* const victim = static_cast<Node*>(eviction_.choose());
      eviction_.evict(*victim);
      nodes_.erase(victim->key);
    }
    auto node = std::make_unique<Node>();
    node->key = key;
    node->hash = hash;
    node->weight = 1;
    eviction_.insert(*node);
    nodes_.emplace(key, std::move(node));
    return false;
  }

 private:
  struct Node : EvictionNode {
    std::uint64_t key = 0;
  };
  Eviction eviction_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Node>> nodes_;
};

// In percent of the requests behind the first quarter, in which the caches fill.
template <class Policy>
double hit_ratio(const Trace& trace) {
  Policy policy;
  std::size_t hits = 0;
  const std::size_t warm = trace.size() / 4;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const bool is_hit = policy.ask(trace[i]);
    if (is_hit && i >= warm) ++hits;
  }
  return 100.0 * static_cast<double>(hits) / static_cast<double>(trace.size() - warm);
}

void compare(benchmark::State& state, const Trace& (*make_trace)()) {
  const Trace& trace = make_trace();
  for (auto _ : state) {
    const double ours = hit_ratio<Ours>(trace);
    const double lru = hit_ratio<Lru>(trace);
    const double w_tiny_lfu = hit_ratio<WTinyLfu>(trace);
    state.counters["ours_percent"] = ours;
    state.counters["lru_percent"] = lru;
    state.counters["w_tiny_lfu_percent"] = w_tiny_lfu;
    if (ours < w_tiny_lfu || ours <= lru) std::abort();
  }
}
BENCHMARK_CAPTURE(compare, zipf_0_9, zipf_trace)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK_CAPTURE(compare, zipf_0_9_and_scans, scan_trace)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

}  // namespace
}  // namespace yatagarasu::cache
