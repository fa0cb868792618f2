#include "app/file_bytes.h"

#include <fstream>
#include <ios>
#include <iterator>
#include <string>

namespace yatagarasu::app {

std::string file_bytes(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace yatagarasu::app
