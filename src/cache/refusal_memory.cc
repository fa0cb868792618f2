#include "cache/refusal_memory.h"

#include "io/task.h"

#include <cstdint>

namespace yatagarasu::cache {

void RefusalMemory::remember(std::uint64_t hash, io::TimePoint until) {
  places_.at(hash % kPlaces) = {.hash = hash, .until = until};
}

bool RefusalMemory::holds(std::uint64_t hash, io::TimePoint now) const {
  const Place& place = places_.at(hash % kPlaces);
  return place.hash == hash && now < place.until;
}

}  // namespace yatagarasu::cache
