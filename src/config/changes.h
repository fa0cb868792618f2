#pragma once

#include "config/snapshot.h"

#include <string>
#include <vector>

// What differs between two configurations, in the words of the file and without values.
namespace yatagarasu::config {

struct Changes {
  // For people: "bucket `a` added", "bucket `a`: credentials rotated", "server.limits.uri_length".
  std::vector<std::string> described;
  // Keys of what cannot be changed while the process runs: addresses, ports, threads.
  std::vector<std::string> need_restart;
};

Changes compare(const Snapshot& before, const Snapshot& after);

}  // namespace yatagarasu::config
