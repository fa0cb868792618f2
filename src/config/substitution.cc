#include "config/substitution.h"

#include "core/ascii.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <expected>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace yatagarasu::config {
namespace {

constexpr std::string_view kFile = "file:";
constexpr std::uintmax_t kMaxFileBytes = 64 * 1024;  // Keys and tokens are far smaller.

bool is_name(std::string_view name) {
  if (name.empty() || core::is_digit(name.front())) return false;
  for (const char c : name) {
    if (!core::is_alpha(c) && !core::is_digit(c) && c != '_') return false;
  }
  return true;
}

std::expected<std::string, std::string> read_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return std::unexpected("the file `" + path + "` does not exist or is no file");
  }
  if (std::filesystem::file_size(path, error) > kMaxFileBytes) {
    return std::unexpected("the file `" + path + "` is larger than 64 KiB");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::unexpected("the file `" + path + "` cannot be read");
  std::string content{std::istreambuf_iterator<char>(stream), {}};
  if (content.ends_with('\n')) content.pop_back();
  if (content.ends_with('\r')) content.pop_back();
  return content;
}

std::expected<std::string, std::string> value_of(std::string_view expression,
                                                 const Environment& environment) {
  if (expression.starts_with(kFile)) return read_file(std::string(expression.substr(kFile.size())));
  const std::size_t dash = expression.find(":-");
  const std::string name(expression.substr(0, dash));
  if (!is_name(name)) {
    // Not repeated: it may be the middle of a secret.
    return std::unexpected("`${` without the name of a variable; a literal one is written `$${`");
  }
  if (auto value = environment(name)) return *std::move(value);
  if (dash != std::string_view::npos) return std::string(expression.substr(dash + 2));
  return std::unexpected("the environment variable `" + name + "` is not set");
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::expected<std::string, std::string> substitute(std::string_view text,
                                                   const Environment& environment) {
  std::string result;
  while (!text.empty()) {
    const std::size_t start = text.find("${");
    if (start == std::string_view::npos) break;
    if (start > 0 && text[start - 1] == '$') {
      result += text.substr(0, start - 1);
      result += "${";
      text.remove_prefix(start + 2);
      continue;
    }
    result += text.substr(0, start);
    const std::size_t end = text.find('}', start);
    if (end == std::string_view::npos) return std::unexpected("`${` without its `}`");
    auto value = value_of(text.substr(start + 2, end - start - 2), environment);
    if (!value) return std::unexpected(std::move(value.error()));
    result += *value;
    text.remove_prefix(end + 1);
  }
  return result.append(text);
}

}  // namespace yatagarasu::config
