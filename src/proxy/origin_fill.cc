#include "proxy/origin_fill.h"

#include "cache/body_guard.h"
#include "cache/cache_status.h"
#include "cache/entry.h"
#include "cache/key.h"
#include "cache/lead.h"
#include "cache/policy/admission.h"
#include "cache/policy/reuse.h"
#include "cache/policy/stored_response.h"
#include "cache/policy/validation.h"
#include "cache/policy/vary.h"
#include "cache/tier.h"
#include "core/result.h"
#include "http/fields.h"
#include "http/message.h"
#include "io/byte_source.h"
#include "io/loop.h"
#include "io/task.h"
#include "proxy/error_response.h"
#include "proxy/guarded_body.h"
#include "proxy/leased_body.h"
#include "proxy/object_cache.h"
#include "proxy/options.h"
#include "proxy/origin_health.h"
#include "proxy/representation.h"
#include "proxy/services.h"
#include "s3/client.h"
#include "s3/request.h"

#include <chrono>
#include <cstdint>
#include <ctime>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <time.h>
#include <utility>
#include <variant>

namespace yatagarasu::proxy {
namespace {

using cache::Forward;
using cache::Outcome;
using core::ErrorCode;

}  // namespace

cache::Time cache_clock() {
  // As of the kernel's last tick, some milliseconds ago: ages are counted in seconds.
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return cache::Time(std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec)));
}

OriginFill::OriginFill(Bucket& bucket, const BucketCache& cache, io::Loop& loop, cache::Lead lead,
                       Request request, s3::Trace& trace)
    : bucket_(bucket),
      cache_(cache),
      loop_(loop),
      lead_(std::move(lead)),
      request_(std::move(request)),
      trace_(trace) {
  if (request_.known) known_ = cache::decode(request_.known->metadata());
}

io::Task<core::Result<Filled>> OriginFill::run() {
  core::Result<s3::ObjectAnswer> answer = co_await ask_about_known();
  if (answer && (*answer)->head().status == 304 && known_) {
    if (auto confirmed = confirm(*known_, (*answer)->head())) co_return std::move(*confirmed);
    // The origin speaks of another representation than the one that is stored.
    drop_known();
    answer = core::failure(ErrorCode::kOriginMalformed, "a 304 about something else");
    answer = co_await ask();
  }
  if (!answer) co_return fail(std::move(answer.error()));
  co_return store(std::move(*answer));
}

io::Task<core::Result<s3::ObjectAnswer>> OriginFill::ask_about_known() {
  const std::optional<http::Field> condition =
      known_ ? cache::validation_condition(*known_) : std::nullopt;
  if (!condition) co_return co_await ask();
  request_.to_origin.add_condition(*condition);
  core::Result<s3::ObjectAnswer> answer = co_await ask();
  request_.to_origin.drop_condition();
  co_return answer;
}

io::Task<core::Result<s3::ObjectAnswer>> OriginFill::ask() {
  s3::ObjectRequest request;
  request.operation = s3::Operation::kGetObject;
  request.key = request_.object;
  request.query = request_.to_origin.query();
  request.headers = request_.to_origin.headers();
  request.deadline = request_.deadline;
  if (bucket_.options.error_responses == ErrorResponses::kOrigin) {
    request.error_answers = s3::ErrorAnswers::kPassOn;
  }
  exchanged_.request_time = cache_clock();
  core::Result<s3::ObjectAnswer> answer = co_await bucket_.client(loop_).ask(request, trace_);
  exchanged_.response_time = cache_clock();
  note_health(bucket_.health(), answer, trace_);
  co_return answer;
}

cache::OriginAnswer OriginFill::seen(const http::ResponseHead& head,
                                     const http::HeaderBlock& headers) const {
  return {
      .status = head.status, .fields = head.fields, .headers = headers, .exchanged = exchanged_};
}

std::optional<Filled> OriginFill::confirm(const cache::StoredView& known,
                                          const http::ResponseHead& head) {
  const http::HeaderBlock headers = bucket_.headers.to_client(head.fields);
  std::optional<cache::Update> update = cache::freshen(known, seen(head, headers), cache_.policy());
  if (!update) return std::nullopt;
  const cache::Metadata& metadata = update->response.metadata;
  Filled filled{.status = {.outcome = Outcome::kRevalidated,
                           .forward = Forward::kStale,
                           .ttl = cache::time_to_live(metadata, exchanged_.response_time)},
                .representation = of_entry(request_.known)};
  std::string encoded = cache::encode(update->response);
  if (update->may_stay) {
    const auto replaced =
        cache_.shared().tier().try_replace(cache_.ref(request_.key), request_.known, encoded);
    if (replaced && *replaced) {
      filled.representation = of_entry(**replaced);
      std::move(lead_).publish(**replaced);
      return filled;
    }
    std::move(lead_).fail();
  } else {
    drop_known();
    std::move(lead_).refuse();
  }
  filled.representation.head = std::move(encoded);
  return filled;
}

core::Result<Filled> OriginFill::store(s3::ObjectAnswer answer) {
  const http::ResponseHead& head = answer->head();
  if (head.status == 206 || head.status == 304) {
    return fail({ErrorCode::kOriginMalformed,
                 "S3 sent a " + std::to_string(head.status) + " that nobody asked for"});
  }
  if (auto stale = stand_in(head.status)) return std::move(*stale);
  http::HeaderBlock headers = bucket_.headers.to_client(head.fields);
  std::expected<cache::Admission, cache::Refusal> admission =
      cache::admit(seen(head, headers), cache_.rules());
  if (!admission || answer->ends_by_close()) {
    refuse(head.status);
    return pass_on(std::move(headers), std::move(answer));
  }
  if (!select_key(admission->vary)) {
    std::move(lead_).fail();
    return pass_on(std::move(headers), std::move(answer));
  }
  return begin(*admission, std::move(headers), std::move(answer));
}

// Goes on under the key of the variant that this answer is. False where its marker finds no room.
bool OriginFill::select_key(const cache::Vary& vary) {
  cache::Key selected = request_.object_key;
  if (!vary.names.empty()) {
    selected.select_variant(cache::selecting_values(vary.names, request_.to_origin.fields()));
  }
  if (selected == request_.key) return true;
  if (!vary.names.empty()) {
    const std::string marker = cache::encode(cache::make_vary_marker(vary));
    auto writer = cache_.shared().tier().open({.key = cache_.ref(request_.object_key),
                                               .metadata = marker,
                                               .kind = cache::EntryKind::kMarker,
                                               .body_bytes = 0});
    if (!writer) return false;
    const auto stored = (*writer)->try_commit();
    if (!stored || !*stored) return false;
  }
  request_.key = std::move(selected);
  lead_.move_to(cache_.ref(request_.key));
  return true;
}

Filled OriginFill::begin(const cache::Admission& admission, http::HeaderBlock headers,
                         s3::ObjectAnswer answer) {
  Filled filled{
      .status = {.outcome = Outcome::kMiss,
                 .ttl = cache::time_to_live(admission.response.metadata, exchanged_.response_time),
                 .is_stored = true},
      .representation = {}};
  Representation& representation = filled.representation;
  const http::ResponseHead& head = answer->head();
  const std::optional<std::uint64_t> length = answer->length();
  cache::BodyGuard guard(head.fields, length);
  std::string metadata = cache::encode(admission.response);
  answer->lift_deadline();
  cache::Lead::Begun begun = std::move(lead_).begin(
      {.metadata = metadata,
       .guard = std::move(guard),
       .max_body_bytes = cache_.max_object_size(),
       .source = std::make_unique<LeasedBody>(request_.services, std::move(answer))},
      cache_.shared().runner(loop_));
  if (auto* const entry = std::get_if<cache::EntryRef>(&begun)) {
    representation = of_entry(std::move(*entry));
  } else if (auto* const shared = std::get_if<cache::Shared>(&begun)) {
    representation = of_shared(std::move(*shared));
  } else {
    filled.status.is_stored = false;
    representation.head = std::move(metadata);
    auto body = std::get<std::unique_ptr<io::ByteSource>>(std::move(begun));
    representation.body = guarded(std::move(body), head, length, bucket_);
    representation.length = length;
  }
  // Not those of the entry: fields that may not be stored are for this client all the same.
  representation.headers = std::move(headers);
  return filled;
}

Filled OriginFill::pass_on(http::HeaderBlock headers, s3::ObjectAnswer answer) {
  cache::StoredResponse passing{.metadata = {}, .fields = std::string(headers.wire())};
  passing.metadata = cache::describe({.status = answer->head().status,
                                      .fields = passing.fields,
                                      .age = std::chrono::seconds(0),
                                      .exchanged = exchanged_},
                                     cache_.policy());
  Filled filled{.status = {.outcome = Outcome::kMiss},
                .representation = {.head = cache::encode(passing), .length = answer->length()}};
  filled.representation.headers = std::move(headers);
  filled.representation.body = guarded(std::move(answer), bucket_);
  return filled;
}

core::Result<Filled> OriginFill::fail(core::Error error) {
  const int status = face_of(error.code).status;
  if (auto stale = stand_in(status)) return std::move(*stale);
  if (error.code == ErrorCode::kNotFound) {
    remember_not_found();
  } else {
    refuse(status);
  }
  return std::unexpected(std::move(error));
}

// A stale entry in place of an error, where that is allowed.
std::optional<Filled> OriginFill::stand_in(int status) {
  if (!known_ || !cache::is_replaceable_error(status)) return std::nullopt;
  const cache::Time now = exchanged_.response_time;
  if (!cache::may_replace_error(known_->metadata, now)) return std::nullopt;
  std::move(lead_).publish(request_.known);
  return Filled{
      .status = {.outcome = Outcome::kStale, .ttl = cache::time_to_live(known_->metadata, now)},
      .representation = of_entry(request_.known)};
}

void OriginFill::remember_not_found() {
  drop_known();
  // A bucket that is not there is a mistake of the operator's, and soon mended.
  const bool is_bucket = trace_.error_code == "NoSuchBucket";
  auto missing = cache::remember_not_found(cache_.policy(), exchanged_.response_time);
  if (is_bucket || !missing) {
    // Not refused: once the object is there, many may want it at the same time.
    std::move(lead_).fail();
    return;
  }
  static_cast<void>(std::move(lead_).begin({.metadata = cache::encode(*missing),
                                            .guard = {},
                                            .max_body_bytes = cache_.max_object_size(),
                                            .source = nullptr},
                                           cache_.shared().runner(loop_)));
}

void OriginFill::drop_known() {
  if (request_.known) cache_.shared().tier().remove(cache_.ref(request_.key), request_.known);
  known_.reset();
}

// The answer is this client's alone. An error of the origin says nothing about what is stored.
void OriginFill::refuse(int status) {
  if (status >= 500) {
    std::move(lead_).fail();
    return;
  }
  drop_known();
  std::move(lead_).refuse();
}

io::Task<void> refresh_in_background(Bucket& bucket, const BucketCache& cache, io::Loop& loop,
                                     cache::Lead lead, OriginFill::Request request) {
  s3::Trace trace;
  OriginFill fill(bucket, cache, loop, std::move(lead), std::move(request), trace);
  core::Result<Filled> filled = co_await fill.run();
  if (!filled) co_return;
  auto* const body = std::get_if<std::unique_ptr<io::ByteSource>>(&filled->representation.body);
  if (body != nullptr && filled->status.is_stored) {
    co_await drain(std::move(*body), cache.max_object_size());
  }
}

io::Task<void> drain(std::unique_ptr<io::ByteSource> body, std::uint64_t most) {
  core::Result<std::string_view> piece = body->ready();
  std::uint64_t drained = 0;
  do {
    drained += piece->size();
    piece = co_await body->next();
  } while (piece && !piece->empty() && drained <= most);
}

}  // namespace yatagarasu::proxy
