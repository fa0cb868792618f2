#pragma once

#include <boost/json.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace yatagarasu::aws {

// The vectors are small files, read whole; both throw when a file is not there.
inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline boost::json::value read_json(const std::string& path) {
  return boost::json::parse(read_file(path));
}

// A member that is a string; empty when it is absent or null.
inline std::string text_of(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? boost::json::value_to<std::string>(*value)
                                                : std::string();
}

}  // namespace yatagarasu::aws
