#include "proxy/cached_exchange.h"

#include "cache/cache_status.h"
#include "cache/coalescer.h"
#include "cache/entry.h"
#include "cache/lead.h"
#include "cache/policy/admission.h"
#include "cache/policy/freshness.h"
#include "cache/policy/options.h"
#include "cache/policy/reuse.h"
#include "cache/policy/stored_response.h"
#include "cache/policy/validation.h"
#include "cache/policy/vary.h"
#include "cache/tier.h"
#include "core/result.h"
#include "http/entity_tag.h"
#include "http/fields.h"
#include "http/message.h"
#include "http/range.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/task.h"
#include "proxy/error_response.h"
#include "proxy/exchange.h"
#include "proxy/object_cache.h"
#include "proxy/object_exchange.h"
#include "proxy/options.h"
#include "proxy/origin_fill.h"
#include "proxy/origin_health.h"
#include "proxy/origin_request.h"
#include "proxy/representation.h"
#include "proxy/services.h"
#include "s3/client.h"
#include "s3/query.h"
#include "s3/request.h"
#include "server/handler.h"

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace yatagarasu::proxy {
namespace {

using cache::Forward;
using cache::Outcome;
using core::ErrorCode;

// A key whose answers go from one variant to another while it is asked for is asked for alone.
constexpr int kMaxLooks = 4;

bool is_same(const cache::StoredView& a, const cache::StoredView& b) {
  return !a.etag().empty() && http::etags_match(a.etag(), b.etag(), http::EtagComparison::kWeak);
}

}  // namespace

const BucketCache* CachedExchange::cache_for(const Bucket& bucket, const http::RequestHead& head) {
  if (!bucket.cache) return nullptr;
  // RFC 9110 §14.2: Range means something for GET alone.
  const bool is_ranged = head.method == http::Method::kGet && head.fields.has("Range") &&
                         http::parse_range(head.fields).outcome != http::RangeOutcome::kNone;
  return is_ranged ? nullptr : &*bucket.cache;
}

CachedExchange::CachedExchange(Bucket& bucket, const BucketCache& cache, io::Loop& loop,
                               const server::Request& request, Exchange& exchange,
                               std::string_view object)
    : bucket_(bucket),
      cache_(cache),
      loop_(loop),
      request_(request),
      exchange_(exchange),
      object_(object),
      now_(cache_clock()) {
  core::Result<std::string> query =
      s3::select_query(request.head.query, bucket.options.allowed_query);
  is_malformed_ = !query;
  if (query) query_ = *std::move(query);
  key_.assign(cache_.space(), exchange.key, query_);
}

std::optional<CachedExchange::Answer> CachedExchange::try_hit() {
  if (is_malformed_)
    return core::failure(ErrorCode::kInvalidRequest, "malformed escape in the query");
  if (!try_look()) return std::nullopt;
  return reuse();
}

io::Task<CachedExchange::Answer> CachedExchange::run() {
  const cache::RequestWishes wishes = cache::read_wishes(request_.head.fields);
  for (int looks = 0; looks < kMaxLooks; ++looks) {
    if (!has_looked_) {
      co_await look();
      if (auto answer = reuse()) co_return std::move(*answer);
    }
    if (wishes.only_if_cached) {
      exchange_.cache = cache::CacheStatus{.outcome = Outcome::kMiss};
      co_return core::failure(ErrorCode::kNotCached,
                              "only-if-cached, and nothing of use is stored");
    }
    if (request_.head.method == http::Method::kHead) co_return co_await ask_head();
    if (wishes.no_store) break;
    cache::Coalescer::Request wanted{
        .key = key_ref(), .known = found_, .deadline = request_.deadline};
    core::Result<cache::Turn> turn =
        co_await cache_.shared().coalescer().join(std::move(wanted), loop_);
    if (!turn) co_return std::unexpected(std::move(turn.error()));
    if (auto* const mine = std::get_if<cache::Lead>(&*turn)) {
      co_return co_await lead(std::move(*mine));
    }
    if (auto* const shared = std::get_if<cache::Shared>(&*turn)) {
      Representation representation = of_shared(std::move(*shared));
      co_return answer_with(
          representation,
          {.outcome = Outcome::kMiss, .forward = reason_, .is_stored = true, .is_collapsed = true});
    }
    if (auto* const entry = std::get_if<cache::EntryRef>(&*turn)) {
      co_return answer_collapsed(std::move(*entry));
    }
    if (std::holds_alternative<cache::Alone>(*turn)) break;
    forget();
  }
  co_return co_await ask_alone();
}

bool CachedExchange::try_look() {
  bool goes_on = true;
  while (goes_on) {
    std::optional<cache::EntryRef> found = cache_.shared().tier().try_find(key_ref());
    if (!found) return false;
    goes_on = take(std::move(*found));
  }
  return true;
}

io::Task<void> CachedExchange::look() {
  now_ = cache_clock();
  bool goes_on = !try_look();
  while (goes_on) goes_on = take(co_await cache_.shared().tier().find(key_ref()));
}

bool CachedExchange::take(cache::EntryRef found) {
  has_looked_ = true;
  found_ = std::move(found);
  stored_ = found_ ? cache::decode(found_->metadata()) : std::nullopt;
  if (!stored_) found_ = {};
  if (!stored_ || !stored_->metadata.is(cache::Trait::kVaryMarker)) return false;
  reason_ = Forward::kVaryMiss;
  const OriginRequest request = whole_request(request_.head.method);
  key_.select_variant(cache::selecting_values(cache::names_of_marker(*stored_), request.fields()));
  return true;
}

void CachedExchange::forget() {
  has_looked_ = false;
  stored_.reset();
  found_ = {};
  reason_ = Forward::kUriMiss;
  key_.assign(cache_.space(), exchange_.key, query_);
}

std::optional<CachedExchange::Answer> CachedExchange::reuse() {
  if (!stored_) return std::nullopt;
  switch (cache::decide_reuse(stored_->metadata, now_)) {
    case cache::Reuse::kFresh: return answer_with_found(*stored_, Outcome::kHit);
    case cache::Reuse::kStaleAndRefresh:
      start_refresh();
      return answer_with_found(*stored_, Outcome::kStale);
    case cache::Reuse::kAskFirst: break;
  }
  reason_ = Forward::kStale;
  return std::nullopt;
}

CachedExchange::Answer CachedExchange::answer_with_found(const cache::StoredView& stored,
                                                         Outcome outcome) {
  Representation representation = of_entry(found_);
  return answer_with(representation,
                     {.outcome = outcome, .ttl = cache::time_to_live(stored.metadata, now_)});
}

CachedExchange::Answer CachedExchange::answer_with(Representation& representation,
                                                   cache::CacheStatus status) {
  exchange_.cache = status;
  const std::optional<cache::StoredView> stored = representation.view();
  if (!stored) return core::failure(ErrorCode::kInternal, "an entry that cannot be read");
  const int code = stored->metadata.status;
  if (code == 404 && cache_.policy().storable == cache::Storable::kObjects) {
    return core::failure(ErrorCode::kNotFound, "S3 said so when it was last asked");
  }
  std::optional<std::chrono::seconds> age;
  if (status.outcome != Outcome::kMiss) age = cache::age_of(stored->metadata, now_);
  return answer_from(representation, *stored, request_.head, age);
}

// What another request has brought meanwhile.
CachedExchange::Answer CachedExchange::answer_collapsed(cache::EntryRef entry) {
  cache::CacheStatus status{.outcome = Outcome::kMiss, .forward = reason_, .is_collapsed = true};
  Representation representation = of_entry(std::move(entry));
  const std::optional<cache::StoredView> stored = representation.view();
  now_ = cache_clock();
  if (stored) status.ttl = cache::time_to_live(stored->metadata, now_);
  if (stored && stored_) {
    if (std::get<cache::EntryRef>(representation.head) == found_) {
      status.outcome = Outcome::kStale;
    } else if (is_same(*stored, *stored_)) {
      status.outcome = Outcome::kRevalidated;
    }
  }
  return answer_with(representation, status);
}

io::Task<CachedExchange::Answer> CachedExchange::lead(cache::Lead lead) {
  OriginFill fill(bucket_, cache_, loop_, std::move(lead), fill_request(), exchange_.trace);
  core::Result<Filled> filled = co_await fill.run();
  now_ = cache_clock();
  if (!filled) {
    exchange_.cache = cache::CacheStatus{.outcome = Outcome::kMiss, .forward = reason_};
    co_return std::unexpected(std::move(filled.error()));
  }
  filled->status.forward = reason_;
  Answer answer = answer_with(filled->representation, filled->status);
  // The others, and the store, want the body that a 304 or 412 leaves.
  auto* const body = std::get_if<std::unique_ptr<io::ByteSource>>(&filled->representation.body);
  if (filled->status.is_stored && body != nullptr && *body != nullptr) {
    cache_.shared().run_in_background(loop_, drain(std::move(*body), cache_.max_object_size()));
  }
  co_return answer;
}

io::Task<CachedExchange::Answer> CachedExchange::ask_alone() {
  exchange_.cache = cache::CacheStatus{.outcome = Outcome::kMiss, .forward = reason_};
  ObjectExchange alone(bucket_, bucket_.client(loop_), request_, exchange_);
  Answer answer = co_await alone.run(object_);
  now_ = cache_clock();
  const int status = answer ? answer->status : face_of(answer.error().code).status;
  if (auto stale = stand_in(status)) co_return std::move(*stale);
  co_return answer;
}

io::Task<CachedExchange::Answer> CachedExchange::ask_head() {
  exchange_.cache = cache::CacheStatus{.outcome = Outcome::kMiss, .forward = reason_};
  const OriginRequest to_origin = whole_request(http::Method::kHead);
  s3::ObjectRequest request;
  request.operation = s3::Operation::kHeadObject;
  request.key = object_;
  request.query = to_origin.query();
  request.headers = to_origin.headers();
  request.deadline = request_.deadline;
  if (bucket_.options.error_responses == ErrorResponses::kOrigin) {
    request.error_answers = s3::ErrorAnswers::kPassOn;
  }
  cache::Exchanged exchanged{.request_time = cache_clock(), .response_time = {}};
  core::Result<s3::ObjectAnswer> answer =
      co_await bucket_.client(loop_).ask(request, exchange_.trace);
  now_ = exchanged.response_time = cache_clock();
  note_health(bucket_.health(), answer, exchange_.trace);
  const int status = answer ? (*answer)->head().status : face_of(answer.error().code).status;
  if (auto stale = stand_in(status)) co_return std::move(*stale);
  if (!answer)
    co_return std::unexpected(
        refine(std::move(answer.error()), bucket_.health(), request_.head.method));
  co_return head_answer(std::move(*answer), exchanged);
}

CachedExchange::Answer CachedExchange::head_answer(s3::ObjectAnswer answer,
                                                   const cache::Exchanged& exchanged) {
  const http::ResponseHead& head = answer->head();
  if (head.status == 206 || head.status == 304) {
    return core::failure(ErrorCode::kOriginMalformed,
                         "S3 sent a " + std::to_string(head.status) + " that nobody asked for");
  }
  http::HeaderBlock headers = bucket_.headers.to_client(head.fields);
  const cache::OriginAnswer seen{
      .status = head.status, .fields = head.fields, .headers = headers, .exchanged = exchanged};
  if (stored_) learn_from_head(*stored_, head, seen);
  cache::StoredResponse passing{.metadata = {}, .fields = std::string(headers.wire())};
  passing.metadata = cache::describe({.status = head.status,
                                      .fields = passing.fields,
                                      .age = std::chrono::seconds(0),
                                      .exchanged = exchanged},
                                     cache_.policy());
  Representation representation{
      .head = std::string(), .headers = std::move(headers), .length = head.content_length};
  return answer_from(representation, cache::view(passing), request_.head, std::nullopt);
}

// RFC 9111 §4.3.5.
void CachedExchange::learn_from_head(const cache::StoredView& stored,
                                     const http::ResponseHead& head,
                                     const cache::OriginAnswer& answer) {
  if (head.status != 200) return;
  const std::optional<cache::Update> update = cache::freshen_by_head(
      stored,
      {.answer = answer, .content_length = head.content_length, .stored_size = found_->size()},
      cache_.policy());
  cache::Tier& tier = cache_.shared().tier();
  if (!update || !update->may_stay) {
    tier.remove(key_ref(), found_);
  } else {
    // Where it does not succeed the entry stays as stale as it is.
    static_cast<void>(tier.try_replace(key_ref(), found_, cache::encode(update->response)));
  }
}

void CachedExchange::start_refresh() {
  std::optional<cache::Lead> lead = cache_.shared().coalescer().try_lead(key_ref(), found_);
  if (!lead) return;
  cache_.shared().run_in_background(
      loop_, refresh_in_background(bucket_, cache_, loop_, std::move(*lead), fill_request()));
}

std::optional<CachedExchange::Answer> CachedExchange::stand_in(int status) {
  if (!stored_ || !cache::is_replaceable_error(status)) return std::nullopt;
  if (!cache::may_replace_error(stored_->metadata, now_)) return std::nullopt;
  Representation representation = of_entry(found_);
  return answer_with(representation, {.outcome = Outcome::kStale,
                                      .forward = reason_,
                                      .ttl = cache::time_to_live(stored_->metadata, now_)});
}

OriginFill::Request CachedExchange::fill_request() const {
  return {.services = exchange_.lease(),
          .to_origin = whole_request(http::Method::kGet),
          .object = std::string(object_),
          .object_key = cache::Key(cache_.space(), exchange_.key, query_),
          .key = key_,
          .known = found_,
          .deadline = request_.deadline};
}

OriginRequest CachedExchange::whole_request(http::Method method) const {
  return OriginRequest::of_whole(method, request_.head.fields, query_, bucket_.options);
}

}  // namespace yatagarasu::proxy
