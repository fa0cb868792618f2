#include "cache/memory/eviction.h"

#include "cache/memory/frequency_sketch.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace yatagarasu::cache {
namespace {

std::uint64_t hash_of(std::uint64_t number) {
  return (number + 1) * 0x9e3779b97f4a7c15U;
}

TEST(FrequencySketchTest, CountsUpToItsLimitAndForgetsByHalves) {
  FrequencySketch sketch;
  EXPECT_EQ(sketch.estimate(hash_of(1)), 0U);  // Also before it has any memory.
  sketch.resize(1024);

  for (int i = 0; i < 6; ++i) sketch.increment(hash_of(1));
  EXPECT_EQ(sketch.estimate(hash_of(1)), 6U);
  EXPECT_EQ(sketch.estimate(hash_of(2)), 0U);
  sketch.halve();
  EXPECT_EQ(sketch.estimate(hash_of(1)), 3U);
  for (int i = 0; i < 100; ++i) sketch.increment(hash_of(1));
  EXPECT_EQ(sketch.estimate(hash_of(1)), FrequencySketch::kMax);
  sketch.raise(hash_of(2), 9);
  sketch.raise(hash_of(2), 4);
  EXPECT_EQ(sketch.estimate(hash_of(2)), 9U);
}

class EvictionTest : public ::testing::Test {
 protected:
  EvictionTest() { eviction_.resize(1024); }

  EvictionNode& insert(std::uint64_t number, std::uint32_t weight = 1) {
    auto& node = *nodes_.emplace_back(std::make_unique<EvictionNode>());
    node.hash = hash_of(number);
    node.weight = weight;
    eviction_.insert(node);
    return node;
  }
  void hit(EvictionNode& node, int times) {
    for (int i = 0; i < times; ++i) eviction_.hit(node);
  }
  EvictionNode& evict() {
    EvictionNode& node = *eviction_.choose();
    eviction_.evict(node);
    return node;
  }

  Eviction eviction_;
  std::vector<std::unique_ptr<EvictionNode>> nodes_;
};

TEST_F(EvictionTest, WithoutEntriesNoneIsChosen) {
  EXPECT_EQ(eviction_.choose(), nullptr);
}

TEST_F(EvictionTest, EveryEntryGoesOnce) {
  for (std::uint32_t i = 0; i < 100; ++i) insert(i, 1 + i % 7);
  for (int i = 0; i < 100; ++i) evict();

  EXPECT_EQ(eviction_.choose(), nullptr);
  EXPECT_EQ(eviction_.weight(), 0U);
  EXPECT_EQ(eviction_.count(), 0U);
}

TEST_F(EvictionTest, WhatIsAskedForOftenStays) {
  std::vector<EvictionNode*> hot;
  for (std::uint64_t i = 0; i < 100; ++i) hot.push_back(&insert(i));
  for (EvictionNode* const node : hot) hit(*node, 3);
  for (int i = 0; i < 100; ++i) insert(1'000 + static_cast<std::uint64_t>(i));
  // The newest twentieth is on probation and stays for now.
  for (int i = 0; i < 90; ++i) evict();

  for (const EvictionNode* const node : hot) {
    EXPECT_NE(node->queue, EvictionNode::Queue::kNone);
  }
}

TEST_F(EvictionTest, RequestsInVainCountForTheEntryThatFollows) {
  for (std::uint64_t i = 0; i < 100; ++i) insert(i);
  for (int i = 0; i < 5; ++i) eviction_.missed(hash_of(7'777));
  const EvictionNode& wanted = insert(7'777);
  for (int i = 0; i < 99; ++i) evict();

  EXPECT_NE(wanted.queue, EvictionNode::Queue::kNone);
}

TEST_F(EvictionTest, AnEvictedEntryIsRemembered) {
  EvictionNode& node = insert(1);
  hit(node, 5);
  evict();

  EXPECT_EQ(insert(1).frequency, 5);
}

TEST_F(EvictionTest, AReplacementKeepsPlaceAndFrequency) {
  EvictionNode& old = insert(1);
  hit(old, 5);
  EvictionNode node;
  node.hash = old.hash;
  node.weight = 9;
  eviction_.replace(old, node);

  EXPECT_EQ(old.queue, EvictionNode::Queue::kNone);
  EXPECT_EQ(node.frequency, 5);
  EXPECT_EQ(eviction_.weight(), 9U);
  EXPECT_EQ(&evict(), &node);
}

TEST_F(EvictionTest, WhatWasAskedForLongAgoCountsForLess) {
  EvictionNode& old = insert(1);
  hit(old, 15);
  for (std::uint64_t i = 0; i < 100'000; ++i) eviction_.missed(hash_of(100 + i % 50));
  for (std::uint64_t i = 0; i < 20; ++i) hit(insert(500 + i), 2);

  EXPECT_EQ(&evict(), &old);
}

}  // namespace
}  // namespace yatagarasu::cache
