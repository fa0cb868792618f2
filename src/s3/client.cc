#include "s3/client.h"

#include "client/course.h"
#include "client/fetch.h"
#include "client/options.h"
#include "client/origin.h"
#include "client/response_stream.h"
#include "core/result.h"
#include "core/secret.h"
#include "http/cache_control.h"
#include "http/message.h"
#include "io/sleep.h"
#include "io/task.h"
#include "io/tls_client.h"
#include "resilience/shared_circuit_breaker.h"
#include "s3/addressing.h"
#include "s3/attempt.h"
#include "s3/error_xml.h"
#include "s3/options.h"
#include "s3/request.h"
#include "s3/verdict.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>

namespace yatagarasu::s3 {
namespace {

using Permit = resilience::SharedCircuitBreaker::Permit;

// More of an error's body is not read: what S3 says there fits ten times over.
constexpr std::size_t kMaxErrorBody = 64 * 1024;

// RFC 9110 §15: what a GET or HEAD of an object is meant to be answered with.
bool is_success(int status) {
  return status == 200 || status == 206 || status == 304;
}

client::OriginOptions origin_options(const Options& options, const Address& address,
                                     const io::TlsClientContext* tls, unsigned loops) {
  const auto share = [loops](std::uint32_t whole) { return std::max(1U, whole / loops); };
  client::OriginOptions origin;
  origin.host = address.connect_host;
  origin.port = address.port;
  origin.tls = tls;
  origin.connect_timeout = options.timeouts.connect;
  origin.first_byte_timeout = options.timeouts.first_byte;
  origin.stall_timeout = options.timeouts.stall;
  origin.max_connections = share(options.connections.max);
  origin.max_idle = share(options.connections.max_idle);
  origin.idle_timeout = options.connections.idle_timeout;
  return origin;
}

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::uint64_t any_number() {
  thread_local std::mt19937_64 random(std::random_device{}());
  return random();
}

// What an earlier attempt brought is nothing of this one.
void begin(Trace& trace) {
  ++trace.attempts;
  trace.status = 0;
  trace.request_id.clear();
  trace.retry_after.reset();
  trace.error_code.clear();
  trace.object_size.reset();
}

void note(Trace& trace, const http::ResponseHead& head, std::span<const core::Secret> secrets) {
  trace.status = head.status;
  trace.request_id = core::hide(std::string(head.fields.get("x-amz-request-id")), secrets);
  if (is_success(head.status)) return;
  trace.retry_after = http::parse_delta_seconds(head.fields.get("Retry-After"));
}

// Without a verdict the permit just ends.
void tell(std::optional<Permit> permit, const Verdict& verdict, io::TimePoint now) {
  if (!permit) return;
  switch (verdict.origin) {
    case Verdict::Origin::kWell: std::move(*permit).succeeded(now); break;
    case Verdict::Origin::kFailing: std::move(*permit).failed(now); break;
    case Verdict::Origin::kUnknown: break;
  }
}

std::chrono::microseconds elapsed(io::TimePoint begin, io::TimePoint end) {
  return std::chrono::duration_cast<std::chrono::microseconds>(end - begin);
}

}  // namespace

Client::Client(Parts parts, const Options& options, const Address& address)
    : loop_(parts.loop),
      secrets_(secrets_of(options)),
      retry_(options.retry),
      resilience_(std::move(parts.resilience)),
      observer_(parts.observer),
      backoff_({.initial = retry_.initial_backoff, .max = retry_.max_backoff}, any_number),
      builder_(options, address),
      origin_(parts.loop, parts.resolver,
              origin_options(options, address, parts.tls, parts.loops)) {}

io::Task<core::Result<ObjectAnswer>> Client::ask(const ObjectRequest& request, Trace& trace) {
  Series series{.began = io::Clock::now()};
  std::optional<Permit> first = resilience_->breaker.try_acquire(series.began);
  if (!first) co_return std::unexpected(refusal(series.began, trace));
  resilience_->budget.requested(series.began);

  core::Result<ObjectAnswer> answer = co_await attempt(request, trace, series, std::move(first));
  while (series.may_retry) {
    const std::optional<io::TimePoint> next = plan_retry(request, trace, series);
    if (!next) break;
    co_await io::sleep_until(loop_, *next);
    std::optional<Permit> permit = resilience_->breaker.try_acquire(io::Clock::now());
    if (!permit) break;  // What the last attempt brought is the better answer.
    if (observer_ != nullptr) observer_->retrying();
    // Its connection goes first: it may be the last one that the bucket may have.
    answer = core::failure(core::ErrorCode::kOriginFailed, "another attempt is made");
    answer = co_await attempt(request, trace, series, std::move(permit));
  }
  co_return answer;
}

io::Task<core::Result<ObjectAnswer>> Client::ask_once(const ObjectRequest& request, Trace& trace) {
  Series series{.began = io::Clock::now()};
  co_return co_await attempt(request, trace, series, std::nullopt);
}

io::Task<core::Result<ObjectAnswer>> Client::attempt(const ObjectRequest& request, Trace& trace,
                                                     Series& series, std::optional<Permit> permit) {
  const io::TimePoint began = io::Clock::now();
  client::OutgoingRequest outgoing;
  // Of this request alone: others are built and sent while this one waits for a connection.
  const std::string head = builder_.build(request, wall_clock());
  outgoing.head = head;
  const bool is_head =
      request.operation == Operation::kHeadObject || request.operation == Operation::kHeadBucket;
  outgoing.body = is_head ? client::ResponseBody::kNone : client::ResponseBody::kExpected;
  outgoing.deadline = request.deadline;
  if (series.attempts++ > 0) outgoing.connection = client::Connection::kNew;
  outgoing.avoided = series.failed_at;
  begin(trace);
  client::Course course;
  core::Result<ObjectAnswer> answer = co_await origin_.send(outgoing, course);

  const io::TimePoint ended = io::Clock::now();
  trace.duration = elapsed(series.began, ended);
  const Verdict verdict = answer ? judge_status((*answer)->head().status)
                                 : judge_failure(answer.error().code, course.stage);
  tell(std::move(permit), verdict, ended);
  series.may_retry = verdict.may_retry;
  if (verdict.may_retry && course.address) series.failed_at.push_back(*course.address);
  Attempt made{.operation = request.operation, .duration = elapsed(began, ended)};
  if (!answer) {
    made.code = failure_name(answer.error().code, course.stage);
    if (verdict.origin != Verdict::Origin::kUnknown) report(made);
    co_return answer;
  }
  note(trace, (*answer)->head(), secrets_);
  if (!is_success(trace.status) && request.error_answers == ErrorAnswers::kClassify) {
    core::Error error = co_await explain_failure(std::move(*answer), trace);
    answer = std::unexpected(std::move(error));
  }
  made.status = trace.status;
  made.code = trace.error_code;
  report(made);
  co_return answer;
}

std::optional<io::TimePoint> Client::plan_retry(const ObjectRequest& request, const Trace& trace,
                                                const Series& series) {
  if (series.attempts >= retry_.max_attempts) return std::nullopt;
  const auto wait = backoff_.before_retry(series.attempts - 1, trace.retry_after);
  if (!wait) return std::nullopt;
  const io::TimePoint now = io::Clock::now();
  const io::TimePoint next = now + *wait;
  if (next >= request.deadline || !resilience_->budget.try_retry(now)) return std::nullopt;
  return next;
}

core::Error Client::refusal(io::TimePoint now, Trace& trace) const {
  using std::chrono::seconds;
  const auto left = resilience_->breaker.status(now).cooldown_left;
  trace.retry_after = std::max(seconds(1), std::chrono::ceil<seconds>(left));
  return {core::ErrorCode::kCircuitOpen, "the circuit breaker is open: S3 is not asked"};
}

void Client::report(const Attempt& attempt) const {
  if (observer_ != nullptr) observer_->attempted(attempt);
}

io::Task<core::Error> Client::explain_failure(ObjectAnswer answer, Trace& trace) {
  const int status = answer->head().status;
  std::string region(answer->head().fields.get("x-amz-bucket-region"));
  // Whatever can be had of it: a body that is cut or endless still leaves the status.
  const std::string body = co_await client::read_up_to(*answer, kMaxErrorBody);
  ErrorXml xml = parse_error_xml(body);
  if (xml.region.empty()) xml.region = std::move(region);
  xml = without_secrets(std::move(xml), secrets_);
  trace.error_code = xml.code;
  trace.object_size = xml.actual_object_size;
  co_return classify(status, xml);
}

}  // namespace yatagarasu::s3
