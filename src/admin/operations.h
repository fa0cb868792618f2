#pragma once

#include "io/loop.h"
#include "io/task.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::admin {

// What came of a reload.
struct ReloadOutcome {
  std::uint64_t generation = 0;         // That is in force now.
  std::vector<std::string> changes{};   // In words, without values.
  std::vector<std::string> problems{};  // Not empty: nothing has been changed.
};

// What the admin listener can have done and told by those who run the process.
//
// Threading: called on the loop of the listener.
struct Operations {
  // Reads the configuration file again. Empty where too many ask for that at a time.
  std::function<io::Task<std::optional<ReloadOutcome>>(io::Loop&)> reload;
  // The page of /metrics, and the body of /admin/status.
  std::function<std::string()> metrics;
  std::function<std::string()> status;
};

}  // namespace yatagarasu::admin
