#include "app/reload_queue.h"

#include "admin/operations.h"
#include "io/loop.h"
#include "io/task.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace yatagarasu::app {

io::Task<std::optional<admin::ReloadOutcome>> ReloadQueue::ask(io::Loop& loop) {
  auto request = std::make_shared<Request>(loop);
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMaxWaiting) co_return std::nullopt;
    waiting_.push_back(request);
  }
  wake_();
  co_await request->done->wait(io::kNever);
  co_return request->outcome;
}

void ReloadQueue::answer(const std::function<admin::ReloadOutcome()>& reload) {
  std::vector<std::shared_ptr<Request>> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(waiting_);
  }
  if (asked.empty()) return;
  const admin::ReloadOutcome outcome = reload();
  for (const auto& request : asked) {
    request->outcome = outcome;
    request->done->notify();
  }
}

}  // namespace yatagarasu::app
