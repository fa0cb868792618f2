#include "routing/route_table.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::routing {
namespace {

// "index:key", or "none".
std::string matched(const RouteTable& table, std::string_view path) {
  const std::optional<Match> match = table.match(path);
  if (!match) return "none";
  return std::to_string(match->index) + ":" + std::string(match->key);
}

struct MatchCase {
  std::string_view path;
  std::string_view expected;
};

void expect_matches(const RouteTable& table, const std::vector<MatchCase>& cases) {
  for (const MatchCase& c : cases) EXPECT_EQ(matched(table, c.path), c.expected) << c.path;
}

TEST(RouteTableTest, MatchesWholeSegments) {
  const RouteTable table(std::vector<Route>{{"/products", 7}});

  expect_matches(table, {{"/products/x", "7:x"},
                         {"/products/x/y.txt", "7:x/y.txt"},
                         {"/products/x/", "7:x/"},
                         {"/products2", "none"},
                         {"/products2/x", "none"},
                         {"/product", "none"},
                         {"/", "none"},
                         {"/x/products", "none"}});
}

TEST(RouteTableTest, ReportsAnEmptyKey) {
  const RouteTable table(std::vector<Route>{{"/products", 0}});

  expect_matches(table, {{"/products", "0:"}, {"/products/", "0:"}});
}

TEST(RouteTableTest, ComparesCaseSensitively) {
  const RouteTable table(std::vector<Route>{{"/Products", 0}});

  expect_matches(table, {{"/Products/x", "0:x"}, {"/products/x", "none"}});
}

TEST(RouteTableTest, PrefersTheLongestPrefix) {
  const RouteTable table(
      std::vector<Route>{{"/a", 1}, {"/a/b", 2}, {"/a/b/c/d", 3}, {"/b", 4}, {"/", 5}});

  expect_matches(table, {{"/a", "1:"},
                         {"/a/x", "1:x"},
                         {"/a/b", "2:"},
                         {"/a/bb", "1:bb"},
                         {"/a/b/x", "2:x"},
                         {"/a/b/c", "2:c"},  // On the way to a longer one.
                         {"/a/b/c/x", "2:c/x"},
                         {"/a/b/c/d", "3:"},
                         {"/a/b/c/d/e", "3:e"},
                         {"/b/a/b", "4:a/b"},
                         {"/c", "5:c"},
                         {"/b2", "5:b2"}});
}

TEST(RouteTableTest, MatchesEverythingWithTheRootPrefix) {
  const RouteTable table(std::vector<Route>{{"/", 0}});

  expect_matches(table, {{"/", "0:"}, {"/a", "0:a"}, {"/a/b/", "0:a/b/"}});
}

TEST(RouteTableTest, MatchesNothingWhenEmpty) {
  const RouteTable table;

  expect_matches(table, {{"/", "none"}, {"/a", "none"}});
}

TEST(RouteTableTest, FindsAPrefixOnlyBelowNodesThatAreNoRoutes) {
  const RouteTable table(std::vector<Route>{{"/a/b/c", 1}, {"/x/b/c", 2}});

  expect_matches(table,
                 {{"/a/b/c/k", "1:k"}, {"/x/b/c/k", "2:k"}, {"/a/b", "none"}, {"/b/c", "none"}});
}

TEST(RouteTableTest, TellsSegmentsOfEveryLengthApart) {
  std::vector<std::string> prefixes;
  for (std::size_t length = 1; length <= 40; ++length) {
    prefixes.push_back("/" + std::string(length, 'a'));
    prefixes.push_back("/" + std::string(length - 1, 'a') + "b");
    prefixes.push_back("/b" + std::string(length, 'a'));
  }
  std::vector<Route> routes;
  routes.reserve(prefixes.size());
  for (std::uint32_t i = 0; i < prefixes.size(); ++i) routes.push_back({prefixes[i], i});
  const RouteTable table(routes);

  for (std::uint32_t i = 0; i < prefixes.size(); ++i) {
    EXPECT_EQ(matched(table, prefixes[i] + "/key"), std::to_string(i) + ":key");
  }
}

TEST(RouteTableTest, KeepsEveryByteOfTheKey) {
  const RouteTable table(std::vector<Route>{{"/p\xFF q", 0}});
  std::string key;
  for (int byte = 1; byte < 256; ++byte) key.push_back(static_cast<char>(byte));

  EXPECT_EQ(matched(table, "/p\xFF q/" + key), "0:" + key);
}

// What matched() has to answer, found by looking at every route.
std::string scan(const std::vector<Route>& routes, std::string_view path) {
  std::string best = "none";
  std::size_t longest = 0;
  for (const Route& route : routes) {
    const std::string_view prefix = route.prefix == "/" ? std::string_view() : route.prefix;
    if (!path.starts_with(prefix) || prefix.size() < longest) continue;
    std::string_view key = path.substr(prefix.size());
    if (!key.empty() && key.front() != '/') continue;
    if (!key.empty()) key.remove_prefix(1);
    longest = prefix.size();
    best = std::to_string(route.index) + ":" + std::string(key);
  }
  return best;
}

class RandomPaths {
 public:
  explicit RandomPaths(unsigned seed) : random_(seed) {}

  std::string prefix() {
    std::string prefix;
    for (int segments = number(0, 4); segments > 0; --segments) prefix += "/" + segment();
    return prefix.empty() ? "/" : prefix;
  }
  std::string path() {
    std::string path = prefix();
    if (path != "/" && number(0, 3) == 0) path += '/';
    return path;
  }
  int number(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

 private:
  // Of few letters, so that many paths meet many prefixes.
  std::string segment() {
    std::string segment;
    for (int length = number(1, 3); length > 0; --length) {
      segment.push_back(static_cast<char>(number('a', 'b')));
    }
    return segment;
  }

  std::mt19937 random_;
};

TEST(RouteTableTest, AgreesWithAScanOfAllRoutes) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    RandomPaths random(seed);
    std::set<std::string> prefixes;
    for (int count = random.number(0, 60); count > 0; --count) prefixes.insert(random.prefix());
    std::vector<Route> routes;
    routes.reserve(prefixes.size());
    for (const std::string& prefix : prefixes) {
      routes.push_back({prefix, static_cast<std::uint32_t>(routes.size())});
    }
    const RouteTable table(routes);

    for (int i = 0; i < 300; ++i) {
      const std::string path = random.path();
      ASSERT_EQ(matched(table, path), scan(routes, path)) << path << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace yatagarasu::routing
