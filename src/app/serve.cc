#include "app/serve.h"

#include "app/supervisor.h"
#include "config/snapshot.h"
#include "observability/log.h"

#include <fmt/core.h>

#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <utility>

namespace yatagarasu::app {
namespace {

// Connections are descriptors: the soft limit's usual 1024 is a default for programs that select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int serve(const std::string& file, config::Snapshot snapshot) {
  Supervisor::block_signals();
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  // A core dump would hold every credential.
  ::prctl(PR_SET_DUMPABLE, 0);

  auto log = observability::Log::open(snapshot.logging);
  if (!log) {
    fmt::print(stderr, "yatagarasu: {}\n", log.error().detail);
    return kExitFailed;
  }
  return Supervisor(file, std::move(snapshot), **log).run();
}

}  // namespace yatagarasu::app
