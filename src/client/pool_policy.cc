#include "client/pool_policy.h"

#include "io/task.h"

#include <cstddef>

namespace yatagarasu::client {

PoolPolicy::Admission PoolPolicy::admit() {
  if (!idle_since_.empty()) {
    idle_since_.pop_back();
    idle_.subtract();
    in_use_.add();
    return Admission::kReuse;
  }
  if (in_use_.value() >= limits_.max_connections) return Admission::kFull;
  in_use_.add();
  return Admission::kOpen;
}

bool PoolPolicy::try_wait() {
  if (waiting_.value() >= limits_.max_waiting) return false;
  waiting_.add();
  return true;
}

PoolPolicy::Release PoolPolicy::give_back(io::TimePoint now) {
  if (waiting_.value() > 0) return drop();
  in_use_.subtract();
  if (idle_since_.size() >= limits_.max_idle) return Release::kClose;
  idle_since_.push_back(now);
  idle_.add();
  return Release::kKeep;
}

PoolPolicy::Release PoolPolicy::drop() {
  if (waiting_.value() > 0) {
    waiting_.subtract();
    return Release::kHandOver;
  }
  in_use_.subtract();
  return Release::kClose;
}

std::size_t PoolPolicy::expire(io::TimePoint now) {
  if (limits_.idle_timeout == io::Duration::zero()) return 0;
  std::size_t expired = 0;
  while (!idle_since_.empty() && now - idle_since_.front() >= limits_.idle_timeout) {
    idle_since_.pop_front();
    idle_.subtract();
    ++expired;
  }
  return expired;
}

io::TimePoint PoolPolicy::next_expiry() const {
  if (idle_since_.empty() || limits_.idle_timeout == io::Duration::zero()) return io::kNever;
  return idle_since_.front() + limits_.idle_timeout;
}

void PoolPolicy::close() {
  limits_.max_idle = 0;
  idle_since_.clear();
  idle_.set(0);
}

}  // namespace yatagarasu::client
