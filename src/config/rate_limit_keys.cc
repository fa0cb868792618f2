#include "config/bind.h"
#include "config/checks.h"
#include "config/key.h"
#include "config/reader.h"
#include "config/tables.h"
#include "config/yaml_tree.h"
#include "resilience/options.h"
#include "server/options.h"

#include <cstdint>

namespace yatagarasu::config {
namespace {

using resilience::RateLimitOptions;
using server::RateLimits;

// Beyond this a limit is none: one process does not get so far.
constexpr std::uint32_t kMostPerSecond = 10'000'000;

void check_burst(Reader& reader, const Node& node, const RateLimitOptions& options) {
  if (options.burst == 0 || options.requests_per_second != 0) return;
  const Node* const burst = node.find("burst");
  reader.report(burst == nullptr ? node : *burst,
                "`burst` means nothing without `requests_per_second`");
}

Block rate_limit(std::string_view title) {
  return {.title = title,
          .keys = {key("requests_per_second", &RateLimitOptions::requests_per_second,
                       "Requests a second; 429 with Retry-After beyond. 0 = no limit.",
                       between(0U, kMostPerSecond)),
                   key("burst", &RateLimitOptions::burst,
                       "How many may come at once after a pause; 0 = as many as the rate.",
                       between(0U, kMostPerSecond))},
          .check = [](Reader& reader, const Node& node, void* owner) {
            check_burst(reader, node, *static_cast<const RateLimitOptions*>(owner));
          }};
}

const Block& per_client_block() {
  static const Block block = rate_limit("server.rate_limit.per_client");
  return block;
}

}  // namespace

const Block& bucket_rate_limit_block() {
  static const Block block = rate_limit("a bucket's rate_limit");
  return block;
}

const Block& server_rate_limit_block() {
  static const Block block = [] {
    Block made{.title = "server.rate_limit", .keys = {}};
    for (const Key& each : rate_limit("").keys) {
      made.keys.push_back(within<RateLimits>(&RateLimits::all, each));
    }
    made.keys.push_back(nested("per_client", &RateLimits::per_client, per_client_block(),
                               "Each client by its address, an IPv6 /64 as one; see "
                               "`server.trusted_proxies`."));
    made.check = [](Reader& reader, const Node& node, void* owner) {
      check_burst(reader, node, static_cast<const RateLimits*>(owner)->all);
    };
    return made;
  }();
  return block;
}

}  // namespace yatagarasu::config
