#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace yatagarasu::cache {

// Wall-clock time, since Date and Expires are. A step of the clock backwards makes entries look
// younger by as much, never younger than new.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

enum class Trait : std::uint8_t {
  kNoCache = 1U << 0U,          // Never used without asking the origin (RFC 9111 §5.2.2.4).
  kNeverStale = 1U << 1U,       // must-revalidate and its kin (§4.2.4).
  kHasLastModified = 1U << 2U,  // Else `changed` is the Date.
  kVaryMarker = 1U << 3U,       // No response: where to look for the variants.
};

// What a hit needs to know of the response beside its header fields, worked out when it is
// stored: no field is parsed again. Plain bytes, written as they are in front of the fields.
struct Metadata {
  Time born;         // When its age was 0 (§4.2.3): age = now - born.
  Time fresh_until;  // born + freshness lifetime.
  // Last-Modified, or Date where there is none (§4.3.2).
  std::chrono::sys_seconds changed;
  // How long behind fresh_until, rounded up to whole seconds.
  std::uint32_t stale_while_revalidate_s = 0;
  std::uint32_t stale_if_error_s = 0;
  std::uint16_t status = 0;
  std::uint16_t etag_offset = 0;  // Of the value of ETag in the block of fields.
  std::uint16_t etag_size = 0;    // 0: no entity-tag.
  std::uint8_t traits = 0;
  std::uint8_t format = kFormat;  // For tiers that outlive the process.

  static constexpr std::uint8_t kFormat = 1;

  bool is(Trait trait) const { return (traits & static_cast<std::uint8_t>(trait)) != 0; }
  void set(Trait trait) { traits |= static_cast<std::uint8_t>(trait); }
};

static_assert(std::is_trivially_copyable_v<Metadata>);
// A million small objects make every byte here a megabyte.
static_assert(sizeof(Metadata) == 40);

// A response as it is kept: an immutable value. `fields` is a header block as HTTP/1 sends it
// ("Name: value\r\n" after one another, http::HeaderBlock::wire()), with Date, without Age and
// framing, before the bucket's own `response_headers`. The body and its size belong to the tier.
struct StoredResponse {
  Metadata metadata;
  std::string fields;
};

// The same where the fields lie in somebody else's bytes; valid as long as those.
struct StoredView {
  Metadata metadata;
  std::string_view fields;

  // With its quotes; empty when there is none.
  std::string_view etag() const { return fields.substr(metadata.etag_offset, metadata.etag_size); }
};

StoredView view(const StoredResponse& stored);

// The bytes that a tier keeps in front of the body, and back. Empty when they are cut short or of
// another format: the entry is then as good as absent. Reading copies the metadata and nothing
// else.
std::string encode(const StoredResponse& stored);
std::optional<StoredView> decode(std::string_view bytes);

}  // namespace yatagarasu::cache
