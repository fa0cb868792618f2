#pragma once

#include "cache/memory/frequency_sketch.h"

#include <cstddef>
#include <cstdint>

namespace yatagarasu::cache {

// What is kept of an entry for the choice of what to evict; entries have it as a base.
struct EvictionNode {
  enum class Queue : std::uint8_t { kNone, kNew, kMain };

  EvictionNode* newer = nullptr;
  EvictionNode* older = nullptr;
  std::uint64_t hash = 0;
  std::uint32_t weight = 0;  // Bytes, in units of the owner's choice.
  Queue queue = Queue::kNone;
  std::uint8_t frequency = 0;
  std::uint8_t epoch = 0;  // Of `frequency`: it halves with each epoch that has passed.
};

// Which entry of one shard goes next: the one asked for least, by what is remembered of entries
// and of what was asked for in vain.
//
//   inserted -> new (a twentieth) --more often asked for than main's candidate--> main
//                 | else: evicted                                                   | evicted
//
// As in W-TinyLFU an entry must beat one of the main queue to take its place, so a scan over
// objects that are asked for once passes through the new queue only. As in S3-FIFO both are FIFO
// queues: a hit writes to the entry alone, and what a promotion or a second chance costs is paid
// when something is evicted.
//
// Frequencies are up to 15 and halve from time to time. Those of entries are counted in the entry;
// a sketch, which is the memory of past entries ("ghosts"), holds those of the rest.
//
// Pure and deterministic. One caller at a time. Owns no node: each is to be removed before it
// dies.
class Eviction {
 public:
  // For so many entries; keeps nothing of the frequencies that the sketch held.
  void resize(std::size_t entries);

  void hit(EvictionNode& node);
  void missed(std::uint64_t hash);
  void insert(EvictionNode& node);
  void remove(EvictionNode& node);
  // The node takes the place of another that it replaces, with its frequency.
  void replace(EvictionNode& old, EvictionNode& node);

  // The next to go, which the caller removes by evict(); null when there is none.
  EvictionNode* choose();
  // remove(), but what was counted for it is remembered.
  void evict(EvictionNode& node);

  std::size_t count() const { return count_; }
  std::uint64_t weight() const { return new_.weight + main_.weight; }
  std::size_t sketch_bytes() const { return sketch_.bytes(); }

 private:
  struct Queue {
    EvictionNode* newest = nullptr;
    EvictionNode* oldest = nullptr;
    std::uint64_t weight = 0;

    void push(EvictionNode& node);
    void unlink(EvictionNode& node);
  };

  unsigned frequency(EvictionNode& node) const;
  EvictionNode* choose_of_main();
  EvictionNode* least_of_oldest();
  Queue& queue_of(const EvictionNode& node);
  void move(EvictionNode& node, EvictionNode::Queue to);
  void count_request();

  Queue new_;
  Queue main_;
  std::size_t count_ = 0;
  FrequencySketch sketch_;
  std::size_t requests_ = 0;  // Since the last halving.
  std::uint8_t epoch_ = 0;
};

}  // namespace yatagarasu::cache
