#include "proxy/object_key.h"

#include "proxy/options.h"

#include <string>
#include <string_view>

namespace yatagarasu::proxy {

std::string object_key(const BucketOptions& bucket, std::string_view key) {
  std::string object(key);
  const bool names_a_folder = key.empty() || key.ends_with('/');
  if (names_a_folder && !bucket.index_document.empty()) object += bucket.index_document;
  return object;
}

}  // namespace yatagarasu::proxy
