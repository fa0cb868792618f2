#pragma once

#include "config/problem.h"
#include "config/snapshot.h"
#include "config/substitution.h"

#include <expected>
#include <string>
#include <vector>

namespace yatagarasu::config {

// Reads and validates a configuration; fails with every problem found, in the order of their
// places. The same at start and in `check`.
std::expected<Snapshot, std::vector<Problem>> load_file(const std::string& path);

// The same for text at hand; `name` stands for the file in problems.
std::expected<Snapshot, std::vector<Problem>> load_text(const std::string& name,
                                                        const std::string& text,
                                                        const Environment& environment);

}  // namespace yatagarasu::config
