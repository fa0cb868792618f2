#pragma once

#include "admin/operations.h"
#include "app/file_watch.h"
#include "app/instance.h"
#include "app/reload_queue.h"
#include "app/service_manager.h"
#include "config/snapshot.h"
#include "core/file_descriptor.h"
#include "observability/log.h"
#include "observability/logger.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::app {

// Runs one proxy from its start to its end: waits for signals, requests for a reload and changes
// of the file, and acts on them one after the other.
//
// Threading: one thread, in which, as in all others, the signals of signals() are blocked.
class Supervisor {
 public:
  // `file` is where `snapshot` was loaded from. `log` outlives it.
  Supervisor(std::string file, config::Snapshot snapshot, observability::Log& log);

  // Until the end; the exit code.
  int run();

  // Blocks the signals that it waits for in the calling thread and those it will make.
  static void block_signals();

 private:
  // What woke it up.
  struct Woken {
    int signal = 0;  // 0: none.
    bool by_others = false;
    bool by_file = false;
  };
  Woken wait(std::optional<std::chrono::milliseconds> at_most);

  admin::ReloadOutcome reload();
  void reload_for(std::string_view cause);
  void reload_if_file_changed();
  void watch_file();
  void reopen_log();
  int drain();

  std::string file_;
  observability::Log& log_;
  observability::Logger& logger_;
  ServiceManager manager_;
  core::FileDescriptor signals_;
  core::FileDescriptor wake_;
  ReloadQueue reloads_;
  Instance instance_;
  std::optional<FileWatch> watch_;
  std::string tried_;               // What the file held when it was last loaded, or tried to.
  bool is_change_pending_ = false;  // The file is being written to: wait until that is over.
};

}  // namespace yatagarasu::app
