#include "routing/request_path.h"
#include "routing/route_table.h"

#include <benchmark/benchmark.h>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::routing {
namespace {

constexpr std::size_t kPaths = 4096;  // Asked for in random order, so that no branch is learnt.

// As many prefixes as asked for, one to three segments deep.
std::vector<std::string> make_prefixes(std::size_t count) {
  std::vector<std::string> prefixes;
  for (std::size_t i = 0; i < count; ++i) {
    std::string prefix = "/bucket-" + std::to_string(i);
    if (i % 3 == 1) prefix = "/team-" + std::to_string(i % 97) + prefix;
    if (i % 3 == 2) prefix = "/eu/team-" + std::to_string(i % 97) + prefix;
    prefixes.push_back(prefix);
  }
  return prefixes;
}

RouteTable make_table(const std::vector<std::string>& prefixes) {
  std::vector<Route> routes;
  for (std::uint32_t i = 0; i < prefixes.size(); ++i) routes.push_back({prefixes[i], i});
  return RouteTable(routes);
}

std::vector<std::string> make_hits(const std::vector<std::string>& prefixes, std::string_view key) {
  std::mt19937 random(1);
  std::uniform_int_distribution<std::size_t> any(0, prefixes.size() - 1);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < kPaths; ++i)
    paths.push_back(prefixes[any(random)] + std::string(key));
  return paths;
}

std::vector<std::string> make_misses() {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < kPaths; ++i) {
    paths.push_back((i % 2 == 0 ? "/nothing-" : "/eu/nothing-") + std::to_string(i) + "/a/b.jpg");
  }
  return paths;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void run(benchmark::State& state, const RouteTable& table, const std::vector<std::string>& paths) {
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.match(paths[i]));
    i = (i + 1) % kPaths;
  }
}

void match_hit(benchmark::State& state) {
  const auto prefixes = make_prefixes(static_cast<std::size_t>(state.range(0)));
  const RouteTable table = make_table(prefixes);
  const auto paths = make_hits(prefixes, "/images/2026/07/photo.jpg");
  for (const std::string& path : paths)
    require(table.match(path)->key == "images/2026/07/photo.jpg");
  run(state, table, paths);
}
BENCHMARK(match_hit)->Arg(10)->Arg(100)->Arg(10'000);

void match_miss(benchmark::State& state) {
  const RouteTable table = make_table(make_prefixes(static_cast<std::size_t>(state.range(0))));
  const auto paths = make_misses();
  for (const std::string& path : paths) require(!table.match(path));
  run(state, table, paths);
}
BENCHMARK(match_miss)->Arg(10)->Arg(100)->Arg(10'000);

void normalize(benchmark::State& state, std::string_view raw) {
  std::string scratch;
  for (auto _ : state) benchmark::DoNotOptimize(normalize_request_path(raw, scratch));
}
BENCHMARK_CAPTURE(normalize, plain, "/bucket-1/images/2026/07/photo.jpg");
BENCHMARK_CAPTURE(normalize, escaped, "/bucket-1/images/2026%2F07/my%20photo%20%C3%A9.jpg");

void normalize_and_match(benchmark::State& state) {
  const auto prefixes = make_prefixes(static_cast<std::size_t>(state.range(0)));
  const RouteTable table = make_table(prefixes);
  const auto paths = make_hits(prefixes, "/images/2026/07/photo.jpg");
  std::string scratch;
  std::size_t i = 0;
  for (auto _ : state) {
    const auto path = normalize_request_path(paths[i], scratch);
    benchmark::DoNotOptimize(table.match(*path));
    i = (i + 1) % kPaths;
  }
}
BENCHMARK(normalize_and_match)->Arg(10)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace yatagarasu::routing
