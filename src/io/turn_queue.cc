#include "io/turn_queue.h"

#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/waiter.h"

#include <boost/asio/post.hpp>

#include <list>

namespace yatagarasu::io {

// A place in the queue; given up however the wait ends.
class TurnQueue::Place {
 public:
  Place(std::list<Waiter*>& queue, Waiter& waiter)
      : queue_(queue), place_(queue.insert(queue.end(), &waiter)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { queue_.erase(place_); }

 private:
  std::list<Waiter*>& queue_;
  std::list<Waiter*>::iterator place_;
};

Task<WaitStatus> TurnQueue::take(TimePoint deadline) {
  if (is_taken_) {
    Waiter waiter(loop_);
    const Place place(waiting_, waiter);
    co_return co_await waiter.wait(deadline);
  }
  is_taken_ = true;
  next_turn();
  co_return WaitStatus::kReady;
}

void TurnQueue::next_turn() {
  asio::post(loop_.executor(), [this] { pass_on(); });
}

void TurnQueue::pass_on() {
  is_taken_ = !waiting_.empty();
  if (!is_taken_) return;
  waiting_.front()->wake();
  next_turn();  // Behind the one that is woken, which has left the queue by then.
}

}  // namespace yatagarasu::io
