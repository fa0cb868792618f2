#include "proxy/pipeline.h"

#include "auth/authenticator.h"
#include "cache/cache_status.h"
#include "core/cidr.h"
#include "core/result.h"
#include "http/cors.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "observability/logger.h"
#include "proxy/cached_exchange.h"
#include "proxy/client_address.h"
#include "proxy/error_response.h"
#include "proxy/exchange.h"
#include "proxy/object_exchange.h"
#include "proxy/object_key.h"
#include "proxy/services.h"
#include "routing/request_path.h"
#include "routing/route_table.h"
#include "server/handler.h"

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::proxy {
namespace {

using core::ErrorCode;

constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";

server::Response reply(Exchange& exchange, const core::Error& error) {
  const ErrorFace& face = face_of(error.code);
  exchange.error = face.name;
  exchange.reason = error.detail;
  return error_response(face, exchange.request_id());
}

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

server::Response options_answer(const Bucket& bucket, const http::RequestHead& head) {
  server::Response response;
  response.status = 204;
  if (bucket.options.cors) {
    http::apply_preflight(*bucket.options.cors, head.fields, response.headers);
  } else {
    response.headers.add("Allow", kAllow);
  }
  return response;
}

// RFC 6750 §3. One answer for all that can be wrong with a token: what it was is for the log.
constexpr std::string_view kNoToken = "Bearer";
constexpr std::string_view kBadToken =
    R"(Bearer error="invalid_token", error_description="The access token is not valid.")";
constexpr std::string_view kWeakToken =
    R"(Bearer error="insufficient_scope", error_description="The access token does not grant this.")";

server::Response turn_away(Exchange& exchange, const auth::Decision& decision) {
  using Outcome = auth::Decision::Outcome;
  ErrorCode code = ErrorCode::kUnauthorized;
  std::string_view challenge;
  switch (decision.outcome) {
    case Outcome::kAllowed:
    case Outcome::kNoKeys: code = ErrorCode::kKeysMissing; break;
    case Outcome::kMissing: challenge = kNoToken; break;
    case Outcome::kInvalid: challenge = kBadToken; break;
    case Outcome::kForbidden:
      code = ErrorCode::kForbidden;
      challenge = kWeakToken;
      break;
  }
  server::Response response = reply(exchange, {code, decision.reason});
  if (!challenge.empty()) response.headers.add("WWW-Authenticate", challenge);
  return response;
}

}  // namespace

Pipeline::Pipeline(Services& services, std::vector<observability::Logger*> loggers)
    : services_(services), loggers_(std::move(loggers)) {}

io::Task<server::Response> Pipeline::handle(const server::Request& request, io::Loop& loop) {
  const core::IpAddress client =
      client_address(request.peer, request.head.fields, services_.trusted_proxies);
  auto exchange = std::make_unique<Exchange>(request, client, *loggers_[loop.index()]);
  server::Response response;
  try {
    response = co_await answer(request, *exchange, loop);
  } catch (const std::exception& exception) {
    if (io::is_cancellation(std::current_exception())) throw;
    // A bug here must cost one answer, not the process.
    response = reply(*exchange, {ErrorCode::kInternal, exception.what()});
  }
  exchange->status = response.status;
  response.observer = std::move(exchange);
  co_return response;
}

io::Task<server::Response> Pipeline::answer(const server::Request& request, Exchange& exchange,
                                            io::Loop& loop) {
  exchange.slot = services_.requests.take();
  if (!exchange.slot) {
    co_return reply(exchange, {ErrorCode::kOverloaded, "max_requests are in flight"});
  }
  if (request.head.path == "*") {
    server::Response response;
    response.status = 204;
    response.headers.add("Allow", kAllow);
    co_return response;
  }
  std::string scratch;
  const core::Result<std::string_view> path =
      routing::normalize_request_path(request.head.path, scratch);
  if (!path) co_return reply(exchange, path.error());
  const std::optional<routing::Match> match = services_.routes.match(*path);
  if (!match) co_return reply(exchange, {ErrorCode::kNotFound, "no bucket has this path"});

  Bucket& bucket = *services_.buckets[match->index];
  exchange.bucket = bucket.options.name;
  server::Response response = co_await answer_in(bucket, match->key, request, exchange, loop);
  if (bucket.options.cors && request.head.method != http::Method::kOptions) {
    http::apply_cors(*bucket.options.cors, request.head.fields, response.headers);
  }
  if (exchange.cache) {
    bucket.cache_counters.count(loop.index(), *exchange.cache);
    response.headers.set("X-Cache", cache::x_cache_value(exchange.cache->outcome));
    response.headers.add("Cache-Status", cache::format_cache_status(*exchange.cache));
  }
  bucket.headers.apply_bucket_rules(response.headers);
  response.headers.set("X-Request-Id", exchange.request_id());
  co_return response;
}

io::Task<server::Response> Pipeline::answer_in(Bucket& bucket, std::string_view key,
                                               const server::Request& request, Exchange& exchange,
                                               io::Loop& loop) {
  switch (request.head.method) {
    case http::Method::kOptions: co_return options_answer(bucket, request.head);
    case http::Method::kOther:
      co_return reply(exchange, {ErrorCode::kMethodNotAllowed, "method not allowed"});
    case http::Method::kGet:
    case http::Method::kHead: break;
  }
  if (bucket.authenticator != nullptr) {
    std::optional<auth::Decision> decision =
        bucket.authenticator->decide(request.head.fields, request.head.query, loop, wall_clock());
    if (!decision) {
      decision = co_await bucket.authenticator->retry(request.head.fields, request.head.query, loop,
                                                      request.deadline);
    }
    if (decision->outcome != auth::Decision::Outcome::kAllowed) {
      co_return turn_away(exchange, *decision);
    }
    exchange.principal = std::move(decision->principal);
  }
  const std::string object = object_key(bucket.options, key);
  if (object.empty()) co_return reply(exchange, {ErrorCode::kNotFound, "the key is empty"});
  exchange.key = bucket.options.s3.key_prefix + object;

  if (CachedExchange::is_for(bucket, request.head)) {
    CachedExchange cached(bucket, loop, request, exchange, object);
    std::optional<core::Result<server::Response>> answer = cached.try_hit();
    if (!answer) answer = co_await cached.run();
    if (!*answer) co_return reply(exchange, answer->error());
    co_return std::move(**answer);
  }
  exchange.cache = cache::CacheStatus{.forward = cache::Forward::kBypass};
  ObjectExchange object_exchange(bucket, *bucket.clients[loop.index()], request, exchange);
  core::Result<server::Response> response = co_await object_exchange.run(object);
  if (!response) {
    server::Response failed = reply(exchange, response.error());
    object_exchange.complete_error(failed);
    co_return failed;
  }
  co_return std::move(*response);
}

server::Response Pipeline::refuse(int status, std::string_view reason, const core::IpAddress& peer,
                                  io::TimePoint started, io::Loop& loop) {
  auto exchange = std::make_unique<Exchange>(peer, started, *loggers_[loop.index()]);
  const ErrorFace& face = face_of_status(status);
  exchange->status = status;
  exchange->error = face.name;
  exchange->reason = reason;
  server::Response response = error_response(face, exchange->request_id());
  response.observer = std::move(exchange);
  return response;
}

}  // namespace yatagarasu::proxy
