#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace yatagarasu::devs3 {

// A fresh directory of one test, removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  std::string path() const { return path_.string(); }
  // Directories on the way are made.
  void write(std::string_view name, std::string_view bytes) const;
  void link(std::string_view name, const std::string& target) const;

 private:
  std::filesystem::path path_;
};

}  // namespace yatagarasu::devs3
