#pragma once

#include "config/snapshot.h"

namespace yatagarasu::app {

// The exit codes of every command.
inline constexpr int kExitFine = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitBadUsage = 2;

// Runs the proxy until SIGTERM or SIGINT, then drains it (operations.md, Signals).
int serve(config::Snapshot snapshot);

}  // namespace yatagarasu::app
