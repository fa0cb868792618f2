#include "devs3/object_walk.h"

#include "core/result.h"
#include "devs3/directory_store.h"

#include <algorithm>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::devs3 {

ObjectWalk::ObjectWalk(const DirectoryStore& store, std::string prefix, std::string after)
    : store_(store), prefix_(std::move(prefix)), after_(std::move(after)) {}

core::Result<void> ObjectWalk::enter(std::string path) {
  core::Result<std::vector<std::string>> names = store_.names_in(path);
  if (!names) return std::unexpected(std::move(names.error()));
  std::ranges::reverse(*names);
  levels_.push_back({.path = std::move(path), .names = std::move(*names)});
  return {};
}

// For a directory (which ends with "/"): whether a key below it may be wanted.
bool ObjectWalk::is_wanted(std::string_view key) const {
  const bool is_directory = key.ends_with('/');
  if (key.size() > kMaxKeyBytes) return false;
  if (!key.starts_with(prefix_) && !(is_directory && prefix_.starts_with(key))) return false;
  if (skipped_ && key.starts_with(*skipped_)) return false;
  return key > after_ || (is_directory && after_.starts_with(key));
}

core::Result<std::optional<ObjectWalk::Object>> ObjectWalk::next() {
  if (!std::exchange(has_begun_, true)) {
    if (auto entered = enter(""); !entered) return std::unexpected(std::move(entered.error()));
  }
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.names.empty()) {
      levels_.pop_back();
      continue;
    }
    std::string key = level.path + level.names.back();
    level.names.pop_back();
    if (!is_wanted(key)) continue;
    if (key.ends_with('/')) {
      auto entered = enter(std::move(key));
      if (!entered) return std::unexpected(std::move(entered.error()));
      continue;
    }
    core::Result<StoredObject> object = store_.get(key);
    if (object) return Object{.key = std::move(key), .meta = std::move(object->meta)};
    // What a GET would not find either (a socket, a link that leaves) is not listed.
    if (object.error().code != core::ErrorCode::kNotFound) {
      return std::unexpected(std::move(object.error()));
    }
  }
  return std::nullopt;
}

}  // namespace yatagarasu::devs3
