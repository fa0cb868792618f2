#include "cache/memory/eviction.h"

#include "cache/memory/frequency_sketch.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

namespace yatagarasu::cache {
namespace {

// The figures are the best of those tried in bench/cache_hit_ratio_bench.cc, on traces that ask for
// some objects for long and on traces that ask for the latest.

// The new queue has one such part of the weight.
constexpr std::uint64_t kNewPart = 20;
// While the main queue lacks more than such a part of its share, entries need not compete for it.
constexpr std::uint64_t kSlackPart = 16;
// How many of the oldest entries of the main queue are compared.
constexpr unsigned kCompared = 16;
// If even the least of these has been asked for so often, the next ones are looked at, in so many
// groups.
constexpr unsigned kOften = 2;
constexpr unsigned kGroups = 8;
// Requests for each entry after which frequencies halve.
constexpr std::size_t kRequestsPerEntry = 20;
constexpr unsigned kMaxHalvings = 4;  // After which nothing is left of 15.
constexpr std::size_t kMinEntries = 64;

}  // namespace

void Eviction::Queue::push(EvictionNode& node) {
  node.newer = nullptr;
  node.older = newest;
  (newest != nullptr ? newest->newer : oldest) = &node;
  newest = &node;
  weight += node.weight;
}

void Eviction::Queue::unlink(EvictionNode& node) {
  (node.newer != nullptr ? node.newer->older : newest) = node.older;
  (node.older != nullptr ? node.older->newer : oldest) = node.newer;
  weight -= node.weight;
}

void Eviction::resize(std::size_t entries) {
  sketch_.resize(std::bit_ceil(std::max(entries, kMinEntries)));
}

Eviction::Queue& Eviction::queue_of(const EvictionNode& node) {
  assert(node.queue != EvictionNode::Queue::kNone);
  return node.queue == EvictionNode::Queue::kNew ? new_ : main_;
}

void Eviction::move(EvictionNode& node, EvictionNode::Queue to) {
  queue_of(node).unlink(node);
  node.queue = to;
  queue_of(node).push(node);
}

unsigned Eviction::frequency(EvictionNode& node) const {
  const auto passed = static_cast<std::uint8_t>(epoch_ - node.epoch);
  node.epoch = epoch_;
  node.frequency =
      passed < kMaxHalvings ? static_cast<std::uint8_t>(node.frequency >> passed) : std::uint8_t{0};
  return node.frequency;
}

void Eviction::count_request() {
  if (++requests_ < kRequestsPerEntry * std::max(count_, kMinEntries)) return;
  requests_ = 0;
  ++epoch_;
  sketch_.halve();
}

void Eviction::hit(EvictionNode& node) {
  count_request();
  const unsigned now = frequency(node);
  if (now < FrequencySketch::kMax) node.frequency = static_cast<std::uint8_t>(now + 1);
}

void Eviction::missed(std::uint64_t hash) {
  count_request();
  sketch_.increment(hash);
}

void Eviction::insert(EvictionNode& node) {
  node.frequency = static_cast<std::uint8_t>(sketch_.estimate(node.hash));
  node.epoch = epoch_;
  node.queue = EvictionNode::Queue::kNew;
  new_.push(node);
  ++count_;
}

void Eviction::remove(EvictionNode& node) {
  queue_of(node).unlink(node);
  node.queue = EvictionNode::Queue::kNone;
  --count_;
}

void Eviction::replace(EvictionNode& old, EvictionNode& node) {
  node.frequency = old.frequency;
  node.epoch = old.epoch;
  node.queue = old.queue;
  remove(old);
  queue_of(node).push(node);
  ++count_;
}

void Eviction::evict(EvictionNode& node) {
  sketch_.raise(node.hash, frequency(node));
  remove(node);
}

// Those older than the one that goes have been asked for more: they begin anew as the newest. As
// long as all are asked for often the search goes on behind them.
EvictionNode* Eviction::choose_of_main() {
  for (unsigned group = 1;; ++group) {
    EvictionNode* const least = least_of_oldest();
    if (least == nullptr || frequency(*least) < kOften || group == kGroups) {
      while (main_.oldest != least) move(*main_.oldest, EvictionNode::Queue::kMain);
      return least;
    }
    for (unsigned i = 0; i < kCompared; ++i) move(*main_.oldest, EvictionNode::Queue::kMain);
  }
}

EvictionNode* Eviction::least_of_oldest() {
  EvictionNode* least = main_.oldest;
  EvictionNode* node = main_.oldest;
  for (unsigned i = 0; i < kCompared && node != nullptr; ++i, node = node->newer) {
    if (frequency(*node) < frequency(*least)) least = node;
  }
  return least;
}

EvictionNode* Eviction::choose() {
  const std::uint64_t total = weight();
  const std::uint64_t share = total / kNewPart;
  while (new_.oldest != nullptr && new_.weight > share) {
    EvictionNode& candidate = *new_.oldest;
    if (main_.weight < total - share - total / kSlackPart) {
      move(candidate, EvictionNode::Queue::kMain);
      continue;
    }
    EvictionNode* const victim = choose_of_main();
    if (victim == nullptr || frequency(candidate) <= frequency(*victim)) return &candidate;
    move(candidate, EvictionNode::Queue::kMain);
    return victim;
  }
  return main_.oldest != nullptr ? choose_of_main() : new_.oldest;
}

}  // namespace yatagarasu::cache
