#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::s3 {

// The part of a ListObjectsV2 answer that is of use here.
struct Listing {
  std::optional<std::string> first_key;  // Decoded bytes, with the prefix. None: nothing is there.
};

// Reads <ListBucketResult>...</ListBucketResult>; empty for whatever else a body may be. One that
// was cut gives what came before. Entities of a document type are never expanded.
std::optional<Listing> parse_listing_xml(std::string_view body);

}  // namespace yatagarasu::s3
