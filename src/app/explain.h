#pragma once

#include "config/snapshot.h"

#include <string>

namespace yatagarasu::app {

// What becomes of a GET of `url` (a path, or a whole http URL) under the configuration: bucket,
// key, and the request that S3 would get, with every step of its signature. No network.
// `is_served` is false when the request would be answered with an error instead.
struct ExplainedUrl {
  std::string text;
  bool is_served = false;
};
ExplainedUrl explain_url(const config::Snapshot& snapshot, const std::string& url);

}  // namespace yatagarasu::app
