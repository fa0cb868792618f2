#pragma once

#include "config/problem.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::config {

struct Member;

// A YAML document as plain values that know where they stand. Aliases are resolved by copying;
// bounds keep a small file from growing into a large tree.
struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 0;  // From 1, as people and editors count.
  int column = 0;
  std::string text;             // Of a scalar.
  bool is_quoted = false;       // '...' or "...": always a string.
  std::vector<Node> items;      // Of a list.
  std::vector<Member> members;  // Of a map, in their order; names are unique.

  // The value of that name; null when there is none.
  const Node* find(std::string_view name) const;
};

struct Member {
  std::string name;
  int line = 0;
  int column = 0;
  Node value;
};

// The one document of `text`. Fails with every problem that keeps it from being read: malformed
// YAML, several documents, duplicate keys, bytes that are no UTF-8, nothing at all.
std::expected<Node, std::vector<Problem>> parse_yaml(const std::string& file,
                                                     const std::string& text);

}  // namespace yatagarasu::config
