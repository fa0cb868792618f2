#include "cache/policy/stored_response.h"

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::cache {

StoredView view(const StoredResponse& stored) {
  return {.metadata = stored.metadata, .fields = stored.fields};
}

std::string encode(const StoredResponse& stored) {
  std::string bytes;
  bytes.reserve(sizeof(Metadata) + stored.fields.size());
  bytes.append(reinterpret_cast<const char*>(&stored.metadata), sizeof(Metadata));
  bytes += stored.fields;
  return bytes;
}

std::optional<StoredView> decode(std::string_view bytes) {
  if (bytes.size() < sizeof(Metadata)) return std::nullopt;
  StoredView stored;
  std::memcpy(&stored.metadata, bytes.data(), sizeof(Metadata));
  stored.fields = bytes.substr(sizeof(Metadata));
  const Metadata& metadata = stored.metadata;
  const bool fits = std::size_t{metadata.etag_offset} + metadata.etag_size <= stored.fields.size();
  if (metadata.format != Metadata::kFormat || !fits) return std::nullopt;
  return stored;
}

}  // namespace yatagarasu::cache
