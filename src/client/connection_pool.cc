#include "client/connection_pool.h"

#include "client/pool_policy.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/waiter.h"

#include <cassert>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace yatagarasu::client {

using core::ErrorCode;

// One that waits in line. Lives in the frame of wait(), so a cancelled one leaves the line.
class ConnectionPool::Turn {
 public:
  explicit Turn(ConnectionPool& pool)
      : pool_(pool), waiter_(pool.loop_), place_(pool.turns_.insert(pool.turns_.end(), this)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!lease_) {
      pool_.turns_.erase(place_);
      pool_.policy_.left();
    } else if (lease_->stream() != nullptr) {
      lease_->give_back();  // Handed over and not taken: the next in line can have it.
    }
  }

  // Takes this out of the line.
  void grant(Lease lease) {
    pool_.turns_.erase(place_);
    lease_ = std::move(lease);
    waiter_.wake();
  }
  void wake() { waiter_.wake(); }
  io::Task<io::WaitStatus> wait(io::TimePoint deadline) { return waiter_.wait(deadline); }
  // What was granted, if anything was.
  std::optional<Lease> take() { return std::move(lease_); }

 private:
  ConnectionPool& pool_;
  io::Waiter waiter_;
  std::list<Turn*>::iterator place_;  // Valid while nothing is granted.
  std::optional<Lease> lease_;
};

ConnectionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      stream_(std::move(other.stream_)),
      address_(std::move(other.address_)),
      is_reused_(other.is_reused_) {}

ConnectionPool::Lease& ConnectionPool::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  reset();
  pool_ = std::exchange(other.pool_, nullptr);
  stream_ = std::move(other.stream_);
  address_ = std::move(other.address_);
  is_reused_ = other.is_reused_;
  return *this;
}

void ConnectionPool::Lease::adopt(std::unique_ptr<io::Stream> stream, const io::Endpoint& address) {
  stream_ = std::move(stream);
  address_ = address;
  pool_->opened_.add();
}

void ConnectionPool::Lease::drop_stream() {
  stream_.reset();
  is_reused_ = false;
}

void ConnectionPool::Lease::give_back() {
  std::exchange(pool_, nullptr)->take_back(std::move(stream_), address_);
}

void ConnectionPool::Lease::reset() {
  if (pool_ == nullptr) return;
  stream_.reset();
  std::exchange(pool_, nullptr)->drop();
}

ConnectionPool::ConnectionPool(io::Loop& loop, const PoolLimits& limits)
    : loop_(loop), policy_(limits), expiry_(loop.timers(), &ConnectionPool::on_expiry, this) {}

ConnectionPool::~ConnectionPool() {
  assert(policy_.in_use() == 0 && turns_.empty() && "responses end before their origin");
}

std::optional<ConnectionPool::Lease> ConnectionPool::try_acquire() {
  if (is_closed_) return std::nullopt;
  switch (policy_.admit()) {
    case PoolPolicy::Admission::kReuse: {
      Idle idle = std::move(idle_.back());
      idle_.pop_back();
      reused_.add();
      return Lease(*this, std::move(idle.stream), idle.address);
    }
    case PoolPolicy::Admission::kOpen: return Lease(*this);
    case PoolPolicy::Admission::kFull: break;
  }
  return std::nullopt;
}

io::Task<core::Result<ConnectionPool::Lease>> ConnectionPool::wait(io::TimePoint deadline) {
  if (is_closed_) co_return core::failure(ErrorCode::kShuttingDown, "the origin is closed");
  if (!policy_.try_wait()) {
    co_return core::failure(ErrorCode::kOverloaded,
                            "too many requests wait for a connection to the origin");
  }
  Turn turn(*this);
  const io::WaitStatus status = co_await turn.wait(deadline);
  if (is_closed_) co_return core::failure(ErrorCode::kShuttingDown, "the origin is closed");
  if (std::optional<Lease> lease = turn.take()) co_return std::move(*lease);
  if (status == io::WaitStatus::kTimedOut) {
    co_return core::failure(ErrorCode::kOverloaded,
                            "no connection to the origin became free in time");
  }
  co_return core::failure(ErrorCode::kCancelled, "cancelled while waiting for a connection");
}

void ConnectionPool::take_back(std::unique_ptr<io::Stream> stream, const io::Endpoint& address) {
  const io::TimePoint now = io::Clock::now();
  switch (policy_.give_back(now)) {
    case PoolPolicy::Release::kHandOver:
      reused_.add();
      hand_over(Lease(*this, std::move(stream), address));
      break;
    case PoolPolicy::Release::kKeep:
      idle_.push_back({.stream = std::move(stream), .address = address});
      if (idle_.size() == 1) expiry_.arm(policy_.next_expiry());
      break;
    case PoolPolicy::Release::kClose: break;
  }
}

void ConnectionPool::drop() {
  if (policy_.drop() == PoolPolicy::Release::kHandOver) hand_over(Lease(*this));
}

void ConnectionPool::hand_over(Lease lease) {
  turns_.front()->grant(std::move(lease));
}

void ConnectionPool::on_expiry(void* self) {
  auto& pool = *static_cast<ConnectionPool*>(self);
  for (std::size_t left = pool.policy_.expire(io::Clock::now()); left > 0; --left) {
    pool.idle_.pop_front();
  }
  pool.expiry_.arm(pool.policy_.next_expiry());
}

void ConnectionPool::close() {
  is_closed_ = true;
  policy_.close();
  idle_.clear();
  expiry_.disarm();
  for (Turn* turn : turns_) turn->wake();
}

PoolCounters ConnectionPool::counters() const {
  return {.opened = opened_.value(),
          .reused = reused_.value(),
          .idle = policy_.idle(),
          .in_use = policy_.in_use(),
          .waiting = policy_.waiting()};
}

}  // namespace yatagarasu::client
