#pragma once

#include "client/pool_policy.h"
#include "core/cell.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/timer_wheel.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <utility>

namespace yatagarasu::client {

struct PoolCounters {
  std::uint64_t opened = 0;  // Connections so far.
  std::uint64_t reused = 0;  // Requests on a kept connection so far.
  std::size_t idle = 0;
  std::size_t in_use = 0;
  std::size_t waiting = 0;
};

// The connections to one origin, kept for reuse: acts on what PoolPolicy decides. An idle
// connection owns no buffer.
//
// Threading: the loop's thread. Lifetime: outlives its leases and the tasks that wait for one.
class ConnectionPool {
 public:
  // The right to one connection. Without give_back() it ends with the connection closed, so that
  // a cancelled request never leaves a half-read one behind. Empty when moved from.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { reset(); }

    explicit operator bool() const { return pool_ != nullptr; }
    // Null while there is a slot but no connection yet: open one and adopt() it.
    io::Stream* stream() const { return stream_.get(); }
    bool is_reused() const { return is_reused_; }
    // Where the connection leads, as adopt() was told.
    const io::Endpoint& address() const { return address_; }
    void adopt(std::unique_ptr<io::Stream> stream, const io::Endpoint& address);
    // Closes the connection and keeps the slot.
    void drop_stream();
    // The connection is ready for another request. Leaves the lease empty.
    void give_back();
    // Closes the connection. Leaves the lease empty.
    void reset();

   private:
    friend class ConnectionPool;
    explicit Lease(ConnectionPool& pool) : pool_(&pool) {}
    Lease(ConnectionPool& pool, std::unique_ptr<io::Stream> stream, const io::Endpoint& address)
        : pool_(&pool), stream_(std::move(stream)), address_(address), is_reused_(true) {}

    ConnectionPool* pool_;
    std::unique_ptr<io::Stream> stream_;
    io::Endpoint address_;
    bool is_reused_ = false;
  };

  ConnectionPool(io::Loop& loop, const PoolLimits& limits);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  // Asserts that nothing is in use.
  ~ConnectionPool();

  // A connection, or a slot for one, at once; empty when all are in use.
  std::optional<Lease> try_acquire();
  // For one whose try_acquire() had none: waits its turn. kOverloaded when too many wait or the
  // deadline passes, kShuttingDown when the pool is closed.
  io::Task<core::Result<Lease>> wait(io::TimePoint deadline);

  // Idle connections close now, those in use when they are done with; who waits is told.
  void close();

  // From any thread.
  PoolCounters counters() const;

 private:
  class Turn;
  struct Idle {
    std::unique_ptr<io::Stream> stream;
    io::Endpoint address;
  };

  void take_back(std::unique_ptr<io::Stream> stream, const io::Endpoint& address);
  void drop();
  void hand_over(Lease lease);
  static void on_expiry(void* self);

  io::Loop& loop_;
  PoolPolicy policy_;
  std::deque<Idle> idle_;   // As PoolPolicy counts them.
  std::list<Turn*> turns_;  // The one that has waited longest is in front.
  io::TimerWheel::Timer expiry_;
  core::Cell opened_;
  core::Cell reused_;
  bool is_closed_ = false;
};

}  // namespace yatagarasu::client
