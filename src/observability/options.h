#pragma once

#include <cstdint>
#include <string>

namespace yatagarasu::observability {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : std::uint8_t { kJson, kText };

// The `logging` block.
struct LogOptions {
  Level level = Level::kInfo;
  Format format = Format::kJson;
  bool access_log = true;
  std::string output = "stdout";  // stdout, stderr or a file's path.
};

}  // namespace yatagarasu::observability
