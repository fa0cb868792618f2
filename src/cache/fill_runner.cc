#include "cache/fill_runner.h"

#include "io/task.h"

namespace yatagarasu::cache {

io::Task<void> FillRunner::stop() {
  tasks_.request_stop();
  co_await tasks_.join();
}

}  // namespace yatagarasu::cache
