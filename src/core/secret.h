#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::core {

// Bytes that must never be printed: credentials, keys, tokens. It has no operator<< and no fmt
// formatter on purpose; reveal() is the only way out, so every use can be found by its name.
// The bytes are wiped when the value dies.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  void wipe() noexcept;

  std::string bytes_;
};

// What stands for a secret wherever a configuration is shown.
inline constexpr std::string_view kHiddenSecret = "***";

// The text with that wherever a secret was.
std::string hide(std::string text, const Secret& secret);
std::string hide(std::string text, std::span<const Secret> secrets);

}  // namespace yatagarasu::core
