#pragma once

#include <string>

namespace yatagarasu::config {

// Something wrong with a configuration, where it stands in the file. Never quotes a secret.
struct Problem {
  std::string file;
  int line = 0;  // From 1; 0: about the file as a whole.
  int column = 0;
  std::string message;

  // "proxy.yaml:3:5: `prot` is not a key of the server block"
  std::string format() const {
    std::string text = file;
    if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
    return text + ": " + message;
  }
};

}  // namespace yatagarasu::config
