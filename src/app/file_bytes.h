#pragma once

#include <string>

namespace yatagarasu::app {

// What a file holds, to see whether it has changed; empty when it cannot be read, which whoever
// uses the file will say.
std::string file_bytes(const std::string& file);

}  // namespace yatagarasu::app
