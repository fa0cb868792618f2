#include "core/secret.h"

#include <cstddef>
#include <span>
#include <string.h>  // explicit_bzero is not in <cstring>.
#include <string>
#include <string_view>
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

std::string hide(std::string text, const Secret& secret) {
  const std::string_view bytes = secret.reveal();
  if (bytes.empty()) return text;
  for (std::size_t at = text.find(bytes); at != std::string::npos;) {
    text.replace(at, bytes.size(), kHiddenSecret);
    at = text.find(bytes, at + kHiddenSecret.size());
  }
  return text;
}

std::string hide(std::string text, std::span<const Secret> secrets) {
  for (const Secret& secret : secrets) text = hide(std::move(text), secret);
  return text;
}

}  // namespace yatagarasu::core
