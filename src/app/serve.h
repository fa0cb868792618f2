#pragma once

#include "config/snapshot.h"

#include <string>

namespace yatagarasu::app {

// The exit codes of every command.
inline constexpr int kExitFine = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitBadUsage = 2;

// Runs the proxy until SIGTERM or SIGINT, then drains it (operations.md, Signals).
// `file` is where `snapshot` was loaded from, and is loaded again for a reload.
int serve(const std::string& file, config::Snapshot snapshot);

}  // namespace yatagarasu::app
