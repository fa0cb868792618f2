#pragma once

#include "io/task.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace yatagarasu::io {

// All time-outs of one loop on one Asio timer. Coarse on purpose: a timer fires up to two ticks
// late, never early.
//
// Arming is a few stores: an entry that sits in a slot already is not moved when its deadline
// moves back; it is looked at when its slot comes round and put where it belongs then. A request
// that re-arms the same time-out over and over costs nothing.
//
// Threading: the loop's thread only.
class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{20};

  // One time-out. Calls its function from the loop when the deadline passes, once per arm().
  class Timer {
   public:
    using Callback = void (*)(void* context);

    Timer(TimerWheel& wheel, Callback callback, void* context)
        : wheel_(wheel), callback_(callback), context_(context) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { unlink(); }

    // Replaces an earlier deadline. kNever disarms.
    void arm(TimePoint deadline);
    void disarm() { deadline_ = kNever; }

   private:
    friend class TimerWheel;
    void unlink();

    TimerWheel& wheel_;
    Callback callback_;
    void* context_;
    TimePoint deadline_ = kNever;
    std::int64_t slot_tick_ = 0;  // The tick whose visit looks at this entry; valid while linked.
    Timer* next_ = nullptr;
    Timer** link_ = nullptr;  // What points at this entry; null when it is in no slot.
  };

  explicit TimerWheel(asio::io_context& context);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

 private:
  static constexpr std::size_t kSlots = 512;  // One turn is 10 s.

  void insert(Timer& timer);
  void schedule(std::int64_t tick);
  void on_tick();
  std::int64_t tick_at(TimePoint time) const { return (time - origin_) / kTick; }

  TimePoint origin_;
  std::int64_t visited_ = 0;    // The last tick whose slot was visited.
  std::int64_t scheduled_ = 0;  // The tick the Asio timer is set for; meaningful while it is set.
  bool is_scheduled_ = false;
  std::size_t count_ = 0;
  std::array<Timer*, kSlots> slots_{};
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer_;
};

}  // namespace yatagarasu::io
