#pragma once

#include "core/result.h"
#include "devs3/directory_store.h"
#include "devs3/object_walk.h"
#include "devs3/query.h"
#include "devs3/s3_error.h"

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::devs3 {

// What ListObjectsV2 is asked.
struct ListRequest {
  std::string prefix;
  std::string delimiter;  // Empty = none.
  std::size_t max_keys = kMaxKeys;
  std::optional<std::string> start_after;
  std::optional<std::string> continuation_token;
  bool url_encoded = false;  // encoding-type=url.

  static constexpr std::size_t kMaxKeys = 1000;

  // InvalidArgument for what S3 refuses.
  static std::expected<ListRequest, S3Error> parse(const Query& query);

  // Entries at or before this one are not listed: the token's, which wins, or start-after.
  std::string after;
};

// One page of the answer.
struct ListPage {
  std::vector<ObjectWalk::Object> objects;
  std::vector<std::string> common_prefixes;
  std::string next_token;  // Empty when this is the last page.
};

// Keys that hold the delimiter behind the prefix are rolled up into one common prefix, which
// counts as one entry.
core::Result<ListPage> list(const DirectoryStore& store, const ListRequest& request);

std::string to_xml(const ListPage& page, const ListRequest& request, std::string_view bucket);

}  // namespace yatagarasu::devs3
