#pragma once

namespace yatagarasu::core {

// The deleter of a std::unique_ptr that owns what a C library gave out: frees it by `Free`, which
// does not throw.
template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

}  // namespace yatagarasu::core
