#include "app/supervisor.h"

#include "admin/operations.h"
#include "app/file_bytes.h"
#include "app/file_watch.h"
#include "app/instance.h"
#include "app/serve.h"
#include "app/service_manager.h"
#include "config/load.h"
#include "config/problem.h"
#include "config/snapshot.h"
#include "core/file_descriptor.h"
#include "core/result.h"
#include "io/loop.h"
#include "observability/log.h"
#include "observability/logger.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace yatagarasu::app {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::chrono::milliseconds kDrainPoll = 20ms;

// A file that is written in several steps is loaded once it has been left alone for this long.
constexpr std::chrono::milliseconds kSettled = 200ms;

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&set, signal);
  return set;
}

core::FileDescriptor open_signals() {
  const sigset_t set = handled_signals();
  return core::FileDescriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

bool ends_process(int signal) {
  return signal == SIGTERM || signal == SIGINT;
}

int poll_timeout(std::optional<std::chrono::milliseconds> at_most) {
  return at_most ? static_cast<int>(at_most->count()) : -1;
}

}  // namespace

void Supervisor::block_signals() {
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Supervisor::Supervisor(std::string file, config::Snapshot snapshot, observability::Log& log)
    : file_(std::move(file)),
      log_(log),
      logger_(log.attach()),
      signals_(open_signals()),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      reloads_([this] { ::eventfd_write(wake_.get(), 1); }),
      instance_(std::move(snapshot), log,
                {.on_unused = [this] { ::eventfd_write(wake_.get(), 1); },
                 .reload = [this](io::Loop& loop) { return reloads_.ask(loop); }}),
      tried_(file_bytes(file_)) {}

int Supervisor::run() {
  if (const auto started = instance_.start(); !started) {
    fmt::print(stderr, "yatagarasu: {}\n", started.error().detail);
    return kExitFailed;
  }
  watch_file();
  manager_.ready();
  for (;;) {
    std::optional<std::chrono::milliseconds> at_most = manager_.watchdog_interval();
    if (is_change_pending_) at_most = std::min(at_most.value_or(kSettled), kSettled);
    const Woken woken = wait(at_most);
    if (ends_process(woken.signal)) break;
    if (woken.signal == SIGUSR1) reopen_log();
    if (woken.signal == SIGHUP) reload_for("SIGHUP");
    if (woken.by_others) {
      reloads_.answer([this] { return reload(); });
      instance_.sweep();
    }
    if (woken.by_file && watch_) {
      watch_->take();
      is_change_pending_ = true;
    } else if (std::exchange(is_change_pending_, false)) {
      reload_if_file_changed();
    }
    if (instance_.is_alive()) manager_.alive();
  }
  manager_.stopping();
  logger_.info("stopping");
  return drain();
}

Supervisor::Woken Supervisor::wait(std::optional<std::chrono::milliseconds> at_most) {
  std::array<pollfd, 3> polled{
      pollfd{.fd = signals_.get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = watch_ ? watch_->descriptor() : -1, .events = POLLIN, .revents = 0}};
  if (::poll(polled.data(), polled.size(), poll_timeout(at_most)) <= 0) return {};
  Woken woken{.by_others = (polled[1].revents & POLLIN) != 0,
              .by_file = (polled[2].revents & POLLIN) != 0};
  if (woken.by_others) {
    eventfd_t count = 0;
    ::eventfd_read(wake_.get(), &count);
  }
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    woken.signal = static_cast<int>(info.ssi_signo);
  }
  return woken;
}

admin::ReloadOutcome Supervisor::reload() {
  manager_.reloading();
  tried_ = file_bytes(file_);
  auto snapshot = config::load_file(file_);
  admin::ReloadOutcome outcome;
  if (snapshot) {
    outcome = instance_.reload(*std::move(snapshot));
  } else {
    for (const config::Problem& problem : snapshot.error()) {
      outcome.problems.push_back(problem.format());
    }
  }
  instance_.count_reload(outcome);
  for (const std::string& problem : outcome.problems) {
    logger_.error("the configuration was not reloaded", {{"reason", problem}});
  }
  if (outcome.problems.empty()) {
    std::string changes;
    for (const std::string& change : outcome.changes) {
      changes += (changes.empty() ? "" : "; ") + change;
    }
    logger_.info("configuration reloaded",
                 {{"generation", outcome.generation}, {"changes", changes}});
    watch_file();
  }
  manager_.ready();
  return outcome;
}

void Supervisor::reload_for(std::string_view cause) {
  logger_.info("reloading", {{"cause", cause}});
  reload();
}

void Supervisor::reload_if_file_changed() {
  if (file_bytes(file_) != tried_) reload_for("the file changed");
}

void Supervisor::watch_file() {
  if (!instance_.configuration().server.reload.watch) {
    watch_.reset();
    return;
  }
  if (watch_) return;
  auto watch = FileWatch::open(file_);
  if (watch) {
    watch_ = *std::move(watch);
  } else {
    logger_.error("the configuration's file is not watched", {{"reason", watch.error().detail}});
  }
}

void Supervisor::reopen_log() {
  if (const auto reopened = log_.reopen(); !reopened) {
    logger_.error("cannot reopen the log", {{"reason", reopened.error().detail}});
  } else {
    logger_.info("log reopened");
  }
}

int Supervisor::drain() {
  const auto deadline =
      std::chrono::steady_clock::now() + instance_.configuration().server.shutdown_timeout;
  instance_.begin_drain();
  while (!instance_.is_drained() && std::chrono::steady_clock::now() < deadline) {
    if (ends_process(wait(kDrainPoll).signal)) ::_exit(kExitFailed);
  }
  const std::size_t cut = instance_.cut();
  if (cut > 0) {
    logger_.warn("stopped", {{"connections_cut", cut}});
    return kExitFailed;
  }
  logger_.info("stopped", {{"connections_cut", cut}});
  return kExitFine;
}

}  // namespace yatagarasu::app
