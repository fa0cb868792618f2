#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

namespace yatagarasu::app {

// Takes those out of the list that only the list holds.
template <class T>
std::vector<std::shared_ptr<T>> take_unshared(std::vector<std::shared_ptr<T>>& list) {
  const auto unshared = std::ranges::partition(
      list, [](const std::shared_ptr<T>& each) { return each.use_count() > 1; });
  std::vector<std::shared_ptr<T>> taken(std::make_move_iterator(unshared.begin()),
                                        std::make_move_iterator(unshared.end()));
  list.erase(unshared.begin(), unshared.end());
  return taken;
}

// Drops those that only the map holds.
template <class Key, class T>
void forget_unshared(std::map<Key, std::shared_ptr<T>>& map) {
  for (auto each = map.begin(); each != map.end();) {
    each = each->second.use_count() == 1 ? map.erase(each) : std::next(each);
  }
}

}  // namespace yatagarasu::app
