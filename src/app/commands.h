#pragma once

namespace yatagarasu::app {

// The command line (operations.md): parses it, runs the command and returns the exit code.
int run_command(int count, const char* const* arguments);

}  // namespace yatagarasu::app
