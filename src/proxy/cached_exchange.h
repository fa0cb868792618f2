#pragma once

#include "cache/cache_status.h"
#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/key.h"
#include "cache/policy/reuse.h"
#include "cache/policy/stored_response.h"
#include "core/result.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/task.h"
#include "proxy/exchange.h"
#include "proxy/origin_fill.h"
#include "proxy/origin_request.h"
#include "proxy/representation.h"
#include "proxy/services.h"
#include "server/handler.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::proxy {

// One GET or HEAD of a whole object of a bucket that is cached: answers from an entry, from what
// another request is getting, or by asking the origin for all.
//
// Lifetime: all references outlive it; `object` is the key without the bucket's key_prefix, and
// exchange.key the one with it.
class CachedExchange {
 public:
  CachedExchange(Bucket& bucket, const BucketCache& cache, io::Loop& loop,
                 const server::Request& request, Exchange& exchange, std::string_view object);

  // The bucket's cache, where it has one and the request is for it: those for a part go past it.
  static const BucketCache* cache_for(const Bucket& bucket, const http::RequestHead& head);

  // The answer where a fresh entry is at hand: without waiting. Else go on with run().
  std::optional<core::Result<server::Response>> try_hit();
  io::Task<core::Result<server::Response>> run();

 private:
  using Answer = core::Result<server::Response>;

  // Looks the key up; false where only waiting can tell.
  bool try_look();
  io::Task<void> look();
  // Takes over what was found; true when the look-up is to be repeated for a variant.
  bool take(cache::EntryRef found);
  void forget();

  std::optional<Answer> reuse();
  Answer answer_with_found(const cache::StoredView& stored, cache::Outcome outcome);
  Answer answer_with(Representation& representation, cache::CacheStatus status);
  Answer answer_collapsed(cache::EntryRef entry);
  io::Task<Answer> lead(cache::Lead lead);
  io::Task<Answer> ask_alone();
  io::Task<Answer> ask_head();
  Answer head_answer(s3::ObjectAnswer answer, const cache::Exchanged& exchanged);
  void learn_from_head(const cache::StoredView& stored, const http::ResponseHead& head,
                       const cache::OriginAnswer& answer);
  void start_refresh();
  // The stale entry where it may stand in for such an answer of the origin.
  std::optional<Answer> stand_in(int status);

  OriginFill::Request fill_request() const;
  OriginRequest whole_request(http::Method method) const;
  cache::KeyRef key_ref() const { return cache_.ref(key_); }

  Bucket& bucket_;
  const BucketCache& cache_;
  io::Loop& loop_;
  const server::Request& request_;
  Exchange& exchange_;
  std::string_view object_;
  cache::Time now_;
  std::string query_;  // Canonical.
  bool is_malformed_ = false;

  cache::Key key_;  // Of the entry that the request selects.
  cache::EntryRef found_;
  std::optional<cache::StoredView> stored_;  // Of found_, as long as that is held.
  bool has_looked_ = false;
  cache::Forward reason_ = cache::Forward::kUriMiss;
};

}  // namespace yatagarasu::proxy
