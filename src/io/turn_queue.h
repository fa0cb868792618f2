#pragma once

#include "io/stream.h"
#include "io/task.h"

#include <list>

namespace yatagarasu::io {

class Loop;
class Waiter;

// Lets costly steps (the signature of a TLS handshake) have a turn of the loop each, in the order
// in which they come, so that whatever else is ready waits for one of them and never for a hundred.
//
// Threading: the loop's thread. Lifetime: part of its loop.
class TurnQueue {
 public:
  explicit TurnQueue(Loop& loop) : loop_(loop) {}
  TurnQueue(const TurnQueue&) = delete;
  TurnQueue& operator=(const TurnQueue&) = delete;

  // kReady once the turn is the caller's: at once while nobody has it.
  Task<WaitStatus> take(TimePoint deadline);

 private:
  class Place;

  void pass_on();
  void next_turn();

  Loop& loop_;
  std::list<Waiter*> waiting_;
  bool is_taken_ = false;
};

}  // namespace yatagarasu::io
