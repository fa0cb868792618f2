#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace yatagarasu::http {

// So many at once, and so many a second on average. `now` never goes back.
class Allowance {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Allowance(double burst, double per_second)
      : burst_(burst), per_second_(per_second), left_(burst) {}

  // False when it is used up.
  bool take(TimePoint now) {
    const std::chrono::duration<double> passed = now - at_;
    // The first time everything that may have gathered since the epoch is capped.
    left_ = std::min(burst_, left_ + passed.count() * per_second_);
    at_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }
  void grant(double more) { left_ = std::min(burst_, left_ + more); }

 private:
  double burst_;
  double per_second_;
  double left_;
  TimePoint at_{};
};

// How much of what costs a server more than it costs its client one connection may do. The bounds
// are far beyond what browsers, crawlers and load generators do.
//
// Sans-I/O: reads no clock.
class H2FloodGuard {
 public:
  using TimePoint = Allowance::TimePoint;

  // The client reset a stream. A browser that leaves a page resets all its streams, at most the
  // hundred it may open: four pages in a row are patience enough.
  bool allows_reset(TimePoint now) { return resets_.take(now); }
  // The client made the server reset one, or sent a head beyond the limit. A client without faults
  // never does the one, and hardly the other.
  bool allows_fault(TimePoint now) { return faults_.take(now); }
  // A frame that carries nothing of a request.
  bool allows_control(TimePoint now) { return controls_.take(now); }

  // A client may say something for what it asks and for what it is sent: careful ones update two
  // windows for every DATA frame.
  void note_request() { controls_.grant(kPerRequest); }
  void note_data_sent() { controls_.grant(kPerDataFrame); }

 private:
  static constexpr double kPerRequest = 8;
  static constexpr double kPerDataFrame = 4;

  Allowance resets_{400, 40};
  Allowance faults_{100, 10};
  Allowance controls_{2'000, 200};
};

}  // namespace yatagarasu::http
