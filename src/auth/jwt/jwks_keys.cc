#include "auth/jwt/jwks_keys.h"

#include "io/loop.h"
#include "io/task.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace yatagarasu::auth::jwt {

std::shared_ptr<const KeySet> JwksKeys::current() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

JwksCounters JwksKeys::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

io::Task<std::shared_ptr<const KeySet>> JwksKeys::refetch_for_unknown_kid(io::Loop& loop,
                                                                          io::TimePoint deadline) {
  const io::TimePoint now = io::Clock::now();
  const std::shared_ptr<Turn> turn = take_turn(loop, now);
  if (turn != nullptr) {
    const io::TimePoint until = std::min(deadline, now + kMaxWait);
    co_await turn->waiter.wait(until);
  }
  co_return current();
}

std::shared_ptr<JwksKeys::Turn> JwksKeys::take_turn(io::Loop& loop, io::TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (!wake_ || turns_.size() >= kMaxWaiting) return nullptr;
  if (!is_fetching_ && !is_asked_) {
    if (!cooldown_.try_begin(now)) return nullptr;
    is_asked_ = true;
    is_for_unknown_kid_ = true;
    wake_();
  }
  return turns_.emplace_back(std::make_shared<Turn>(loop));
}

void JwksKeys::attach(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
  is_asked_ = true;
}

void JwksKeys::detach() {
  std::vector<std::shared_ptr<Turn>> turns;
  {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
    turns.swap(turns_);
  }
  let_go(std::move(turns));
}

bool JwksKeys::is_asked() const {
  const std::lock_guard lock(mutex_);
  return is_asked_;
}

void JwksKeys::fetch_began() {
  const std::lock_guard lock(mutex_);
  is_asked_ = false;
  is_fetching_ = true;
}

void JwksKeys::fetch_succeeded(std::shared_ptr<const KeySet> keys, io::TimePoint now) {
  const std::lock_guard lock(mutex_);
  ++counters_.fetches_ok;
  counters_.fetched_at = now;
  if (keys == nullptr) return;
  keys_.swap(keys);
  generation_.fetch_add(1, std::memory_order_release);
}

void JwksKeys::fetch_failed() {
  const std::lock_guard lock(mutex_);
  ++counters_.fetches_failed;
}

void JwksKeys::fetch_ended(io::TimePoint now) {
  std::vector<std::shared_ptr<Turn>> turns;
  {
    const std::lock_guard lock(mutex_);
    is_fetching_ = false;
    if (std::exchange(is_for_unknown_kid_, false)) cooldown_.ended(now);
    turns.swap(turns_);
  }
  let_go(std::move(turns));
}

void JwksKeys::give_up_keys() {
  std::shared_ptr<const KeySet> keys;
  const std::lock_guard lock(mutex_);
  keys_.swap(keys);
  generation_.fetch_add(1, std::memory_order_release);
}

void JwksKeys::let_go(std::vector<std::shared_ptr<Turn>> turns) {
  for (std::shared_ptr<Turn>& turn : turns) {
    io::Loop& loop = turn->loop;
    // The last owner may be this one: the turn ends where it began.
    io::asio::post(loop.executor(), [turn = std::move(turn)] { turn->waiter.wake(); });
  }
}

}  // namespace yatagarasu::auth::jwt
