#include "app/serve.h"

#include "app/instance.h"
#include "config/snapshot.h"
#include "observability/log.h"
#include "observability/logger.h"

#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <memory>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace yatagarasu::app {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::chrono::milliseconds kDrainPoll = 20ms;

// The signals that the main thread waits for; blocked in every thread.
sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&set, signal);
  return set;
}

int wait_for_signal(const sigset_t& set) {
  int signal = 0;
  sigwait(&set, &signal);
  return signal;
}

// 0 when none came in time.
int wait_for_signal(const sigset_t& set, std::chrono::milliseconds at_most) {
  const timespec timeout{.tv_sec = at_most.count() / 1000,
                         .tv_nsec = (at_most.count() % 1000) * 1'000'000};
  const int signal = sigtimedwait(&set, nullptr, &timeout);
  return signal < 0 ? 0 : signal;
}

bool ends_process(int signal) {
  return signal == SIGTERM || signal == SIGINT;
}

// Connections are descriptors: the soft limit's usual 1024 is a default for programs that select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void reopen_log(observability::Log& log, observability::Logger& logger) {
  if (const auto reopened = log.reopen(); !reopened) {
    logger.error("cannot reopen the log", {{"reason", reopened.error().detail}});
  } else {
    logger.info("log reopened");
  }
}

int drain(Instance& instance, std::chrono::milliseconds timeout, const sigset_t& signals,
          observability::Logger& logger) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  instance.begin_drain();
  while (!instance.is_drained() && std::chrono::steady_clock::now() < deadline) {
    const int signal = wait_for_signal(signals, kDrainPoll);
    if (ends_process(signal)) ::_exit(kExitFailed);
  }
  const std::size_t cut = instance.cut();
  if (cut > 0) {
    logger.warn("stopped", {{"connections_cut", cut}});
    return kExitFailed;
  }
  logger.info("stopped", {{"connections_cut", cut}});
  return kExitFine;
}

}  // namespace

int serve(config::Snapshot snapshot) {
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  // A core dump would hold every credential.
  ::prctl(PR_SET_DUMPABLE, 0);

  auto log = observability::Log::open(snapshot.logging);
  if (!log) {
    fmt::print(stderr, "yatagarasu: {}\n", log.error().detail);
    return kExitFailed;
  }
  observability::Logger& logger = (*log)->attach();
  const std::chrono::milliseconds shutdown_timeout = snapshot.server.shutdown_timeout;
  Instance instance(std::move(snapshot), **log);
  if (const auto started = instance.start(); !started) {
    fmt::print(stderr, "yatagarasu: {}\n", started.error().detail);
    return kExitFailed;
  }
  for (;;) {
    const int signal = wait_for_signal(signals);
    if (ends_process(signal)) break;
    if (signal == SIGUSR1) reopen_log(**log, logger);
    if (signal == SIGHUP) logger.warn("SIGHUP ignored: a new configuration needs a restart");
  }
  logger.info("stopping");
  return drain(instance, shutdown_timeout, signals, logger);
}

}  // namespace yatagarasu::app
