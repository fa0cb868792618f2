#pragma once

#include "config/snapshot.h"

#include <optional>
#include <string>

namespace yatagarasu::app {

// What becomes of a GET of `url` (a path, or a whole http URL) under the configuration: bucket,
// key, who may read, and the request that S3 would get, with every step of its signature. With a
// `token`, also whether it is let in, and which check or rule it fails. No network, so tokens whose
// keys are behind a URL cannot be judged; key files are read. Neither secrets nor the token are in
// the text. Any thread.
// `is_served` is false when the request would be answered with an error instead.
struct ExplainedUrl {
  std::string text;
  bool is_served = false;
};
ExplainedUrl explain_url(const config::Snapshot& snapshot, const std::string& url,
                         const std::optional<std::string>& token = std::nullopt);

}  // namespace yatagarasu::app
