#pragma once

#include <string>

namespace yatagarasu::app {

struct DemoOptions {
  std::string directory;  // What is served; empty = the sample that is built in.
  bool once = false;      // End after showing.
};

// `yatagarasu demo` (operations.md): serves a directory through the proxy from a built-in S3
// origin on loopback, shows a few requests, and runs until SIGINT or SIGTERM. The exit code: 1 when
// something cannot be started or an answer is wrong, 2 when the directory cannot be served.
int demo(const DemoOptions& options);

}  // namespace yatagarasu::app
