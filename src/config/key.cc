#include "config/key.h"

#include "config/reader.h"
#include "config/value_type.h"
#include "config/yaml_tree.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::config {
namespace {

// Levenshtein's distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above + 1, row[j - 1] + 1, replaced});
      diagonal = above;
    }
  }
  return row.back();
}

std::optional<std::string_view> nearest_key(const Block& block, std::string_view name) {
  std::optional<std::string_view> nearest;
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const Key& key : block.keys) {
    const std::size_t distance = edit_distance(name, key.name);
    if (distance < best) {
      best = distance;
      nearest = key.name;
    }
  }
  return nearest;
}

void report_unknown(Reader& reader, const Block& block, const Member& member) {
  std::string message = "`" + member.name + "` is not a key of " + std::string(block.title);
  if (const auto nearest = nearest_key(block, member.name)) {
    message += "; did you mean `" + std::string(*nearest) + "`?";
  }
  reader.report(member.line, member.column, std::move(message));
}

}  // namespace

void read_block(Reader& reader, const Block& block, const Node& node, void* owner) {
  if (node.kind != Node::Kind::kMap) {
    const std::string what = reader.path().empty() ? "the file" : "`" + reader.path() + "`";
    reader.report(node, what + " must be a block of keys");
    return;
  }
  for (const Member& member : node.members) {
    const auto key = std::ranges::find(block.keys, member.name, &Key::name);
    if (key == block.keys.end()) {
      report_unknown(reader, block, member);
      continue;
    }
    const Reader::Scope scope(reader, key->name);
    key->read(reader, member.value, owner);
  }
  for (const Key& key : block.keys) {
    if (!key.is_required || node.find(key.name) != nullptr) continue;
    reader.report(node,
                  "`" + std::string(key.name) + "` is missing from " + std::string(block.title));
  }
  if (block.check) block.check(reader, node, owner);
}

boost::json::object show_block(const Block& block, const void* owner, Secrets secrets) {
  boost::json::object shown;
  for (const Key& key : block.keys) shown[key.name] = key.show(owner, secrets);
  return shown;
}

}  // namespace yatagarasu::config
