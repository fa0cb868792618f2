#pragma once

#include "cache/policy/freshness.h"
#include "cache/policy/options.h"
#include "cache/policy/stored_response.h"
#include "cache/policy/vary.h"
#include "http/fields.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

namespace yatagarasu::cache {

// What the origin answered to a GET without Range and without conditions. The references live as
// long as the call.
struct OriginAnswer {
  int status = 0;
  const http::Fields& fields;        // As the origin sent them.
  const http::HeaderBlock& headers;  // Those of them that a client may see.
  Exchanged exchanged;
};

// The rules of one bucket.
struct Rules {
  const PolicyOptions& options;
  std::span<const std::string> forwarded;  // Request fields that go on to the origin: for Vary.
};

// Why an answer is not stored.
enum class Refusal : std::uint8_t {
  kStatus,         // Not of a status that may be stored.
  kNoStore,        // RFC 9111 §5.2.2.5.
  kPrivate,        // §5.2.2.7.
  kVaryAny,        // §4.1: "*" matches no request.
  kNeverReusable,  // Stale at once, and nothing to validate it with.
  kTooLarge,       // Its fields.
};

// Offsets into the fields have 16 bits.
inline constexpr std::size_t kMaxStoredFields = 65'535;

struct Admission {
  StoredResponse response;
  Vary vary;  // With names: stored under the variant's key, a marker under the object's.
};

// Whether an answer may be stored (RFC 9111 §3), and what is then kept of it.
//
// §3.5 (Authorization) does not apply: the proxy signs its own requests, a client's token is
// checked before the cache is looked at and never reaches the origin. Whether the request allowed
// storing is asked before the origin is (policy/reuse.h: RequestWishes).
std::expected<Admission, Refusal> admit(const OriginAnswer& answer, const Rules& rules);

// That an object does not exist, for negative_ttl: the client's answer is made anew each time, so
// no field is kept. Empty when such answers are not cached.
std::optional<StoredResponse> remember_not_found(const PolicyOptions& options, Time now);

// The metadata of a response with these fields (a header block as it is stored), whether or not
// it may be stored; for admit() and for updates.
struct Description {
  int status = 0;
  std::string_view fields;
  std::chrono::seconds age;  // What the origin's Age said.
  Exchanged exchanged;
};
Metadata describe(const Description& response, const PolicyOptions& options);

// Whether an entry can ever serve another request.
bool is_reusable(const Metadata& stored, Time response_time);

// Empty when nothing in the response's own directives forbids storing it.
std::optional<Refusal> forbidden_by(const http::CacheControl& control, int status);

}  // namespace yatagarasu::cache
