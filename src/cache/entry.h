#pragma once

#include "cache/bucket_ids.h"
#include "core/ref.h"
#include "io/shared_bytes.h"

#include <cstdint>
#include <string_view>

namespace yatagarasu::cache {

// What an entry is found by. `hash` is Key::hash(); the views live as long as whoever made them.
struct KeyRef {
  std::string_view bytes;
  std::uint64_t hash = 0;
  BucketId bucket = 0;
};

enum class EntryKind : std::uint8_t {
  kResponse,
  // Says where to look further (the marker of a response with Vary). Takes memory and is evicted
  // like any other, but is neither counted as an object nor, when found, as a hit.
  kMarker,
};

// A stored response. As SharedBytes it is the body, ready for a gather-write; `metadata` is what
// policy/stored_response.h encodes, opaque to tiers.
//
// Immutable. A reference keeps it readable after it was evicted, purged or replaced; its memory
// is counted until the last reference goes.
class Entry : public io::SharedBytes {
 public:
  virtual std::string_view metadata() const = 0;
  virtual EntryKind kind() const = 0;

 protected:
  using SharedBytes::SharedBytes;
  ~Entry() = default;
};

using EntryRef = core::Ref<const Entry>;

}  // namespace yatagarasu::cache
