#pragma once

#include <cstdint>

namespace yatagarasu::admin {

// What the process uses, as the kernel tells; what it does not tell is 0.
struct ProcessUsage {
  double cpu_seconds = 0;  // User and system.
  double started_at = 0;   // Seconds since the epoch.
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t max_descriptors = 0;
};

// Reads files of /proc: some tens of microseconds.
ProcessUsage process_usage();

}  // namespace yatagarasu::admin
