#include "routing/route_table.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::routing {
namespace {

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio.

// Multiplies to 128 bits and folds the halves: every bit of both numbers reaches every bit.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// The word at the start of `bytes`, which hold at least one.
template <class Word>
std::uint64_t load(std::string_view bytes) {
  Word word = 0;
  std::memcpy(&word, std::to_address(bytes.begin()), sizeof word);
  return word;
}

// Up to eight bytes in one word; their number is told apart by the caller.
std::uint64_t load_tail(std::string_view bytes) {
  if (bytes.size() >= 4) {
    return load<std::uint32_t>(bytes) << 32U | load<std::uint32_t>(bytes.substr(bytes.size() - 4));
  }
  std::uint64_t word = 0;
  for (const char c : bytes) word = word << 8U | static_cast<unsigned char>(c);
  return word;
}

// Cuts the first segment off `rest`, which begins with the slash in front of it.
std::string_view take_segment(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('/', 1), rest.size());
  const std::string_view segment = rest.substr(1, end - 1);
  rest.remove_prefix(end);
  return segment;
}

}  // namespace

std::size_t RouteTable::EdgeHash::operator()(const EdgeView& edge) const noexcept {
  std::string_view bytes = edge.segment;
  std::uint64_t hash = (std::uint64_t{edge.parent} << 32U | bytes.size()) ^ kMultiplier;
  for (; bytes.size() > sizeof(std::uint64_t); bytes.remove_prefix(sizeof(std::uint64_t))) {
    hash = mix(hash ^ load<std::uint64_t>(bytes), kMultiplier);
  }
  return mix(hash ^ load_tail(bytes), kMultiplier);
}

RouteTable::RouteTable(std::span<const Route> routes) {
  for (const Route& route : routes) add(route);
}

void RouteTable::add(const Route& route) {
  Node* node = &root_;
  std::string_view rest = route.prefix;
  while (rest.starts_with('/')) {
    const std::string_view segment = take_segment(rest);
    if (!segment.empty()) node = &child_of(*node, segment);
  }
  node->route = route.index;
}

RouteTable::Node& RouteTable::child_of(Node& parent, std::string_view segment) {
  parent.has_children = true;
  // Node ids start above the root's, which is 0.
  const auto id = static_cast<std::uint32_t>(nodes_.size() + 1);
  return nodes_.try_emplace(Edge{parent.id, std::string(segment)}, Node{.id = id}).first->second;
}

std::optional<Match> RouteTable::match(std::string_view path) const {
  const Node* node = &root_;
  std::uint32_t found = root_.route;
  std::string_view behind = path;
  std::string_view rest = path;
  while (node->has_children && rest.size() > 1) {
    const std::string_view segment = take_segment(rest);
    const auto child = nodes_.find(EdgeView{.parent = node->id, .segment = segment});
    if (child == nodes_.end()) break;
    node = &child->second;
    if (node->route != kNone) {
      found = node->route;
      behind = rest;
    }
  }
  if (found == kNone) return std::nullopt;
  if (behind.starts_with('/')) behind.remove_prefix(1);
  return Match{.index = found, .key = behind};
}

}  // namespace yatagarasu::routing
