#pragma once

#include "cache/cache_status.h"
#include "cache/entry.h"
#include "cache/key.h"
#include "cache/lead.h"
#include "cache/policy/admission.h"
#include "cache/policy/freshness.h"
#include "cache/policy/stored_response.h"
#include "core/result.h"
#include "http/fields.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/task.h"
#include "proxy/origin_request.h"
#include "proxy/representation.h"
#include "proxy/services.h"
#include "s3/request.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::proxy {

// What the origin's answer came to.
struct Filled {
  cache::CacheStatus status;
  Representation representation;
};

// One request to the origin for all who want a key: asks for the object, or whether the entry that
// is known still holds, and stores what may be stored.
//
// Owns what it needs of the client's request, since it may outlive that.
// Threading: its loop.
class OriginFill {
 public:
  struct Request {
    ServicesLease services;  // Those of the bucket.
    OriginRequest to_origin;
    std::string object;      // Without the bucket's key_prefix.
    cache::Key object_key;   // Without a variant.
    cache::Key key;          // What the lead is for.
    cache::EntryRef known;   // Stored under it and to be confirmed; null for nothing.
    io::TimePoint deadline;  // Of the head.
  };
  // `trace` outlives it.
  OriginFill(Bucket& bucket, const BucketCache& cache, io::Loop& loop, cache::Lead lead,
             Request request, s3::Trace& trace);

  // Once. An error is for this request; who else waits asks by himself.
  io::Task<core::Result<Filled>> run();

 private:
  io::Task<core::Result<s3::ObjectAnswer>> ask();
  io::Task<core::Result<s3::ObjectAnswer>> ask_about_known();

  cache::OriginAnswer seen(const http::ResponseHead& head, const http::HeaderBlock& headers) const;
  std::optional<Filled> confirm(const cache::StoredView& known, const http::ResponseHead& head);
  core::Result<Filled> store(s3::ObjectAnswer answer);
  bool select_key(const cache::Vary& vary);
  Filled begin(const cache::Admission& admission, http::HeaderBlock headers,
               s3::ObjectAnswer answer);
  Filled pass_on(http::HeaderBlock headers, s3::ObjectAnswer answer);
  core::Result<Filled> fail(core::Error error);
  std::optional<Filled> stand_in(int status);
  void remember_not_found();
  void drop_known();
  void refuse(int status);

  Bucket& bucket_;
  const BucketCache& cache_;
  io::Loop& loop_;
  cache::Lead lead_;
  Request request_;
  s3::Trace& trace_;
  std::optional<cache::StoredView> known_;  // Of request_.known, while that is of use.
  cache::Exchanged exchanged_{};
};

// Asks the origin about an entry that has been served stale meanwhile.
io::Task<void> refresh_in_background(Bucket& bucket, const BucketCache& cache, io::Loop& loop,
                                     cache::Lead lead, OriginFill::Request request);

// Receives the rest of a body that is being stored, for a client that does not want it; no more
// than `most` bytes, beyond which it is not stored either.
io::Task<void> drain(std::unique_ptr<io::ByteSource> body, std::uint64_t most);

// For policy/freshness.h.
cache::Time cache_clock();

}  // namespace yatagarasu::proxy
