#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::cache {

// A bucket's number, so that an entry says in two bytes whose it is.
using BucketId = std::uint16_t;

// Numbers the buckets of all configurations that this process loads: a name keeps its number over
// reloads, and with it what is counted for it.
//
// Threading: any thread. Asked when a configuration is loaded and for statistics, never for a
// request.
class BucketIds {
 public:
  // More names than this, over all reloads, share the last number: their statistics run
  // together, their entries never do (cache/key.h).
  static constexpr std::size_t kMax = 65'536;

  BucketId id_of(std::string_view name);
  std::vector<std::string> names() const;  // By number.

 private:
  mutable std::mutex mutex_;
  std::map<std::string, BucketId, std::less<>> ids_;
  std::vector<std::string> names_;
};

}  // namespace yatagarasu::cache
