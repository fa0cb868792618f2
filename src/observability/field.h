#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace yatagarasu::observability {

// What a field of a log line can hold.
class Value {
 public:
  using Variant = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  // Implicit, so that a call site reads as a list of pairs.
  Value(std::string_view text) : value_(text) {}    // NOLINT(google-explicit-constructor)
  Value(const std::string& text) : value_(text) {}  // NOLINT(google-explicit-constructor)
  Value(const char* text)
      : value_(std::string_view(text)) {}                // NOLINT(google-explicit-constructor)
  Value(double number) : value_(number) {}               // NOLINT(google-explicit-constructor)
  Value(std::same_as<bool> auto flag) : value_(flag) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Value(T number)  // NOLINT(google-explicit-constructor)
      : value_(static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(
            number)) {}

  const Variant& get() const { return value_; }

 private:
  Variant value_;
};

// One member of a log line; a view that lives for the call it is passed to.
struct Field {
  std::string_view key;  // Text of this program, written as it is: a-z and underscores.
  Value value;
};

}  // namespace yatagarasu::observability
