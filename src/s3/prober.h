#pragma once

#include "core/result.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "s3/client.h"
#include "s3/health.h"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace yatagarasu::s3 {

// Asks one bucket at intervals whether it is there: a signed HEAD on the bucket. A refused HEAD
// has no body to tell why, so a refusal is asked about once more with a GET of an empty listing.
//
// Call start() once, then stop() and await it before destruction. Threading: its loop; the
// health it writes is read by all.
class Prober {
 public:
  // Called when the state changes; `detail` is for the log, empty when the bucket is up.
  using OnChange = std::function<void(BucketState state, std::string_view detail)>;

  Prober(io::Loop& loop, Client& client, BucketHealth& health, OnChange on_change);

  void start() { tasks_.spawn(probe_until_stopped()); }
  void request_stop() { tasks_.request_stop(); }
  bool finished() const { return tasks_.empty(); }

 private:
  static constexpr std::chrono::seconds kInterval{10};
  static constexpr std::chrono::seconds kTimeout{5};

  io::Task<void> probe_until_stopped();
  io::Task<void> probe_once();
  io::Task<core::Result<void>> ask_bucket();

  io::Loop& loop_;
  Client& client_;
  BucketHealth& health_;
  OnChange on_change_;
  std::string last_detail_;
  bool has_reported_ = false;
  io::TaskGroup tasks_;  // Last: its tasks use every member above.
};

}  // namespace yatagarasu::s3
