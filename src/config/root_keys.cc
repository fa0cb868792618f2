#include "config/bind.h"
#include "config/key.h"
#include "config/reader.h"
#include "config/snapshot.h"
#include "config/tables.h"
#include "config/yaml_tree.h"
#include "proxy/options.h"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace yatagarasu::config {
namespace {

// Reports each bucket whose `name` value some bucket before it has.
template <class Value>
void check_unique(Reader& reader, const Node& buckets, const Snapshot& snapshot,
                  std::string_view name, Value value) {
  std::map<std::string, std::size_t, std::less<>> first;
  for (std::size_t index = 0; index < snapshot.buckets.size(); ++index) {
    const std::string& text = value(snapshot.buckets[index]);
    const Node* const place = buckets.items[index].find(name);
    if (text.empty() || place == nullptr) continue;
    const auto [earlier, is_first] = first.emplace(text, index);
    if (is_first) continue;
    const Node* const other = buckets.items[earlier->second].find(name);
    reader.report(*place, "`" + std::string(name) + "` `" + text +
                              "` is used by two buckets; the first is in line " +
                              std::to_string(other->line));
  }
}

void check_root(Reader& reader, const Node& node, void* owner) {
  const auto& snapshot = *static_cast<const Snapshot*>(owner);
  const Node* const buckets = node.find("buckets");
  if (buckets == nullptr || buckets->kind != Node::Kind::kList) return;
  if (buckets->items.empty()) reader.report(*buckets, "`buckets` must have at least one bucket");
  check_unique(
      reader, *buckets, snapshot, "name",
      [](const proxy::BucketOptions& bucket) -> const std::string& { return bucket.name; });
  check_unique(
      reader, *buckets, snapshot, "path_prefix",
      [](const proxy::BucketOptions& bucket) -> const std::string& { return bucket.path_prefix; });
}

}  // namespace

const Block& root_block() {
  static const Block block{
      .title = "the configuration",
      .keys = {nested("server", &Snapshot::server, server_block(), "How clients are served."),
               nested("logging", &Snapshot::logging, logging_block(),
                      "What is written, and where."),
               list_of("buckets", &Snapshot::buckets, bucket_block(),
                       "The buckets that are served.", Presence::kRequired)},
      .check = check_root};
  return block;
}

}  // namespace yatagarasu::config
