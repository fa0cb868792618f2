#pragma once

#include "admin/operations.h"
#include "io/loop.h"
#include "io/loop_event.h"
#include "io/task.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace yatagarasu::app {

// Requests for a reload, on their way from the admin listener to the thread that reloads.
//
// Threading: ask() on any loop, answer() on the thread that reloads.
class ReloadQueue {
 public:
  static constexpr std::size_t kMaxWaiting = 64;

  // `wake`: called when there is something to answer.
  explicit ReloadQueue(std::function<void()> wake) : wake_(std::move(wake)) {}

  // What came of a reload that began after this was called. Empty while too many wait.
  io::Task<std::optional<admin::ReloadOutcome>> ask(io::Loop& loop);

  // Reloads once for all who have asked by now, if anybody has.
  void answer(const std::function<admin::ReloadOutcome()>& reload);

 private:
  struct Request {
    explicit Request(io::Loop& loop) : done(std::make_shared<io::LoopEvent>(loop)) {}

    std::shared_ptr<io::LoopEvent> done;
    std::optional<admin::ReloadOutcome> outcome;  // Once `done` has been notified.
  };

  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Request>> waiting_;
};

}  // namespace yatagarasu::app
