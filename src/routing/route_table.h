#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::routing {

struct Route {
  std::string_view prefix;  // "/" or "/a/b": decoded bytes. No two routes have the same.
  std::uint32_t index = 0;  // What match() answers for it.
};

struct Match {
  std::uint32_t index = 0;
  std::string_view key;  // What follows the prefix, without its leading slash. May be empty.
};

// Finds the longest prefix that matches whole segments of a path, byte by byte.
//
// A tree of segments, kept in one hash table: a segment below its parent leads to a node. A look-up
// walks down while there is a child, so it costs a probe for each segment that exists and one for
// the first that does not, whatever the number of routes and the length of the path.
//
// Immutable once built; any number of threads may read it.
class RouteTable {
 public:
  RouteTable() = default;
  explicit RouteTable(std::span<const Route> routes);

  // `path` is a normalised request path; the key is a view of it. Empty when no prefix matches.
  std::optional<Match> match(std::string_view path) const;

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Node {
    std::uint32_t id = 0;         // Tells the children of one node from another's.
    std::uint32_t route = kNone;  // The index of the route that ends here.
    bool has_children = false;
  };
  struct Edge {
    std::uint32_t parent;
    std::string segment;
  };
  struct EdgeView {
    std::uint32_t parent;
    std::string_view segment;
  };
  struct EdgeHash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): names of the library.
    using is_avalanching = void;  // NOLINT(readability-identifier-naming)
    std::size_t operator()(const EdgeView& edge) const noexcept;
    std::size_t operator()(const Edge& edge) const noexcept {
      return (*this)(EdgeView{.parent = edge.parent, .segment = edge.segment});
    }
  };
  struct EdgeEqual {
    using is_transparent = void;  // NOLINT(readability-identifier-naming)
    bool operator()(const auto& a, const auto& b) const noexcept {
      return a.parent == b.parent && std::string_view(a.segment) == std::string_view(b.segment);
    }
  };

  void add(const Route& route);
  Node& child_of(Node& parent, std::string_view segment);

  Node root_;
  boost::unordered_flat_map<Edge, Node, EdgeHash, EdgeEqual> nodes_;
};

}  // namespace yatagarasu::routing
