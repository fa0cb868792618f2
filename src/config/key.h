#pragma once

#include "config/reader.h"
#include "config/value_type.h"
#include "config/yaml_tree.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

// The table of keys. Each key is declared once, bound to the member that it sets (bind.h), and
// the parser, the JSON Schema, the reference and the redacted dump all come from the declaration.
namespace yatagarasu::config {

struct Block;

// One key. `owner` is the struct that the block is bound to.
struct Key {
  std::string_view name;
  std::string_view doc;  // One sentence or two, for the reference.
  bool is_required = false;
  bool is_list_of_blocks = false;
  const Block* block = nullptr;  // Of a nested block, or of each item of a list of them.

  boost::json::object schema = {};  // What a value looks like, as JSON Schema. Empty for blocks.
  std::function<void(Reader& reader, const Node& node, void* owner)> read = {};
  // The value as text.
  std::function<boost::json::value(const void* owner, Secrets secrets)> show = {};
};

struct Block {
  std::string_view title;  // "the server block", "a bucket": completes "is not a key of".
  std::vector<Key> keys;
  // What no key can check alone; after all keys were read. May be empty.
  std::function<void(Reader& reader, const Node& node, void* owner)> check = {};
};

// Reads a map into the struct that the block is bound to.
void read_block(Reader& reader, const Block& block, const Node& node, void* owner);
boost::json::object show_block(const Block& block, const void* owner, Secrets secrets);

// The whole file; bound to Snapshot.
const Block& root_block();

}  // namespace yatagarasu::config
