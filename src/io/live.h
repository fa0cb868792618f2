#pragma once

#include "io/loop.h"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace yatagarasu::io {

// What is in force now, and may be replaced while it is used: each loop looks at a pointer of its
// own, so that nobody waits for anybody. Who needs what he saw for longer than a moment keeps a
// copy of the pointer.
//
// Threading: on() and publish() on the loop that is named.
template <class T>
class Live {
 public:
  // `loops`: one more than the highest index of a loop.
  explicit Live(std::size_t loops) : by_loop_(loops) {}

  const std::shared_ptr<T>& on(const Loop& loop) const { return by_loop_[loop.index()]; }
  void publish(const Loop& loop, std::shared_ptr<T> value) {
    by_loop_[loop.index()] = std::move(value);
  }

 private:
  std::vector<std::shared_ptr<T>> by_loop_;
};

}  // namespace yatagarasu::io
