#include "cache/bucket_ids.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::cache {

BucketId BucketIds::id_of(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = ids_.find(name); found != ids_.end()) return found->second;
  const auto id = static_cast<BucketId>(std::min(names_.size(), kMax - 1));
  if (names_.size() == kMax) return id;
  ids_.emplace(name, id);
  names_.emplace_back(name);
  return id;
}

std::vector<std::string> BucketIds::names() const {
  const std::scoped_lock lock(mutex_);
  return names_;
}

}  // namespace yatagarasu::cache
