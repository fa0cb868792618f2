#pragma once

#include "core/result.h"
#include "devs3/directory_store.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::devs3 {

// The objects of a store in the order of their keys' bytes, one by one, reading only the
// directories that can hold what is asked for. Links to directories are not entered, so that a
// loop of links has an end. The store outlives it.
class ObjectWalk {
 public:
  struct Object {
    std::string key;
    ObjectMeta meta;
  };

  // Keys that begin with `prefix` and come after `after`.
  ObjectWalk(const DirectoryStore& store, std::string prefix, std::string after);

  // The next object; empty after the last.
  core::Result<std::optional<Object>> next();

  // Leaves out what is still to come and begins with `prefix`.
  void skip(std::string prefix) { skipped_ = std::move(prefix); }

 private:
  // A directory that is being walked, with the names still to come, the next one last.
  struct Level {
    std::string path;  // Ends with "/", or is empty.
    std::vector<std::string> names;
  };

  core::Result<void> enter(std::string path);
  bool is_wanted(std::string_view key) const;

  const DirectoryStore& store_;
  std::string prefix_;
  std::string after_;
  std::optional<std::string> skipped_;
  bool has_begun_ = false;
  std::vector<Level> levels_;  // No deeper than kMaxKeyBytes allows.
};

}  // namespace yatagarasu::devs3
