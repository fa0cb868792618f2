#include "config/load.h"

#include "config/key.h"
#include "config/problem.h"
#include "config/reader.h"
#include "config/snapshot.h"
#include "config/substitution.h"
#include "config/yaml_tree.h"

#include <cerrno>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace yatagarasu::config {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 16 * 1024 * 1024;  // 10,000 buckets take some 5 MiB.

}  // namespace

std::expected<Snapshot, std::vector<Problem>> load_text(const std::string& name,
                                                        const std::string& text,
                                                        const Environment& environment) {
  auto root = parse_yaml(name, text);
  if (!root) return std::unexpected(std::move(root.error()));
  Reader reader(name, environment);
  Snapshot snapshot;
  read_block(reader, root_block(), *root, &snapshot);
  std::vector<Problem> problems = reader.take_problems();
  if (!problems.empty()) return std::unexpected(std::move(problems));
  snapshot.warnings = reader.take_warnings();
  return snapshot;
}

std::expected<Snapshot, std::vector<Problem>> load_file(const std::string& path) {
  const auto refuse = [&](std::string why) {
    return std::unexpected(std::vector<Problem>{{.file = path, .message = std::move(why)}});
  };
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return refuse("the file does not exist");
  if (!std::filesystem::is_regular_file(path, error)) return refuse("is no file");
  if (std::filesystem::file_size(path, error) > kMaxFileBytes)
    return refuse("the file is larger than 16 MiB");
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return refuse("the file cannot be read: " + std::generic_category().message(errno));
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return load_text(path, text, process_environment);
}

}  // namespace yatagarasu::config
