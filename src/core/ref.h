#pragma once

#include <concepts>
#include <cstddef>
#include <utility>

namespace yatagarasu::core {

// Holds one of the references that an object counts by itself: T has retain() and release(), both
// noexcept, const and callable from any thread. Costs a pointer, and no second allocation.
template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  // Takes over a reference that is counted already, as that of a new object is.
  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  // Counts another one.
  static Ref share(T* object) {
    if (object != nullptr) object->retain();
    return adopt(object);
  }

  Ref(const Ref& other) : Ref(share(other.object_)) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class Derived>
    requires std::convertible_to<Derived*, T*>
  Ref(Ref<Derived> other) : object_(other.leak()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->release();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  friend bool operator==(const Ref&, const Ref&) = default;

  // Hands the reference to the caller, who releases it.
  [[nodiscard]] T* leak() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

}  // namespace yatagarasu::core
