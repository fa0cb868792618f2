#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::config {

// An environment variable's value; empty when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The process's own.
std::optional<std::string> process_environment(const std::string& name);

// Replaces in one scalar value `${NAME}`, `${NAME:-default}` and `${file:/path}` (without the
// file's trailing newline); `$${` stands for a literal `${`. What is put in is not looked at again.
// The error says what is missing, and never what a value is.
std::expected<std::string, std::string> substitute(std::string_view text,
                                                   const Environment& environment);

}  // namespace yatagarasu::config
