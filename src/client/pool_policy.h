#pragma once

#include "core/cell.h"
#include "io/task.h"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace yatagarasu::client {

struct PoolLimits {
  std::uint32_t max_connections = 1;  // In use and idle together.
  std::uint32_t max_idle = 0;
  std::uint32_t max_waiting = 0;
  io::Duration idle_timeout{};  // Zero: none.
};

// Decides which request gets which connection. Pure: it counts, and its owner acts.
//
// A slot is a connection that is in use or idle. The idle ones are a stack: the one used last is
// used next, so that those not needed any more reach their time-out. While requests wait there
// is neither an idle connection nor a free slot, and what is given back goes to the one that has
// waited longest.
class PoolPolicy {
 public:
  explicit PoolPolicy(const PoolLimits& limits) : limits_(limits) {}

  enum class Admission : std::uint8_t {
    kReuse,  // In use now: the idle connection that was used last.
    kOpen,   // In use now: a slot for a new connection.
    kFull,   // Wait for one, if try_wait() lets you.
  };
  Admission admit();
  // After kFull: counted as waiting until handed a slot or left(). False when too many wait.
  bool try_wait();
  // One that waits gives up.
  void left() { waiting_.subtract(); }

  // What becomes of a connection, or its slot, that is in use no more.
  enum class Release : std::uint8_t {
    kHandOver,  // Still in use: by the one that has waited longest, which waits no more.
    kKeep,      // Idle now, on top of the others.
    kClose,     // The slot is free.
  };
  Release give_back(io::TimePoint now);
  Release drop();  // kHandOver or kClose: the connection is gone, its slot may be wanted.

  // How many of the connections idle for longest have reached their time-out; they count no more.
  std::size_t expire(io::TimePoint now);
  // When to call expire() next; kNever while none can expire.
  io::TimePoint next_expiry() const;
  // No connection becomes idle any more, and those that are count no more.
  void close();

  // From any thread.
  std::uint64_t in_use() const { return in_use_.value(); }
  std::uint64_t waiting() const { return waiting_.value(); }
  std::uint64_t idle() const { return idle_.value(); }

 private:
  PoolLimits limits_;
  core::Cell in_use_;
  core::Cell waiting_;
  std::deque<io::TimePoint> idle_since_;  // The one idle for longest is in front.
  core::Cell idle_;                       // How many those are.
};

}  // namespace yatagarasu::client
