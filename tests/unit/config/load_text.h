#pragma once

#include "config/load.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::config {

// The one bucket that most tests do not care about, without its last line break.
inline constexpr const char* kBucket =
    "buckets:\n"
    "  - name: files\n"
    "    path_prefix: /files\n"
    "    s3: { bucket: inner, region: us-east-1 }";

using Variables = std::map<std::string, std::string>;

inline std::expected<Snapshot, std::vector<Problem>> load(const std::string& text,
                                                          const Variables& variables = {}) {
  return load_text("f.yaml", text, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

// What is wrong with a text, a line each; empty when it loads.
inline std::vector<std::string> problems_of(const std::string& text,
                                            const Variables& variables = {}) {
  std::vector<std::string> lines;
  if (const auto loaded = load(text, variables); !loaded) {
    for (const Problem& problem : loaded.error()) lines.push_back(problem.format());
  }
  return lines;
}

}  // namespace yatagarasu::config
