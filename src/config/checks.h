#pragma once

#include "config/bind.h"
#include "core/byte_count.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Checks that several keys share. Each completes "must be ".
namespace yatagarasu::config {

template <class T>
Check<T> at_least(T least) {
  return [least](const T& value) -> std::optional<std::string> {
    if (value >= least) return std::nullopt;
    return "at least " + std::to_string(least);
  };
}

template <class T>
Check<T> between(T least, T most) {
  return [least, most](const T& value) -> std::optional<std::string> {
    if (value >= least && value <= most) return std::nullopt;
    return "a number from " + std::to_string(least) + " to " + std::to_string(most);
  };
}

Check<core::ByteCount> size_between(core::ByteCount least, core::ByteCount most);

// A time-out without which something could hang for ever.
std::optional<std::string> must_pass(const std::chrono::milliseconds& timeout);

std::optional<std::string> must_be_address(const std::string& text);
std::optional<std::string> must_not_be_empty(const std::string& text);
std::optional<std::string> must_be_readable_file(const std::string& path);

// Header names that this proxy frames messages with itself.
bool is_framing_header(std::string_view name);

// A list of header names, or "*" alone where a star is allowed.
enum class Star : bool { kRefused, kAllowed };
Check<std::vector<std::string>> header_names(Star star);

}  // namespace yatagarasu::config
