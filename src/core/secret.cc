#include "core/secret.h"

#include <string.h>  // explicit_bzero is not in <cstring>.
#include <utility>

namespace yatagarasu::core {

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {
  other.wipe();
}

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe();
  bytes_ = other.bytes_;
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  bytes_ = std::move(other.bytes_);
  other.wipe();  // A short string's bytes stay behind in the moved-from object.
  return *this;
}

Secret::~Secret() {
  wipe();
}

void Secret::wipe() noexcept {
  bytes_.resize(bytes_.capacity());
  explicit_bzero(bytes_.data(), bytes_.size());
  bytes_.clear();
}

}  // namespace yatagarasu::core
