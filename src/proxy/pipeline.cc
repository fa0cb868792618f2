#include "proxy/pipeline.h"

#include "auth/authenticator.h"
#include "cache/cache_status.h"
#include "core/cidr.h"
#include "core/result.h"
#include "http/cors.h"
#include "http/message.h"
#include "io/live.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "observability/logger.h"
#include "proxy/bucket_metrics.h"
#include "proxy/cached_exchange.h"
#include "proxy/client_address.h"
#include "proxy/error_response.h"
#include "proxy/exchange.h"
#include "proxy/object_cache.h"
#include "proxy/object_exchange.h"
#include "proxy/object_key.h"
#include "proxy/rate_limits.h"
#include "proxy/request_slot.h"
#include "proxy/services.h"
#include "resilience/rate_limiter.h"
#include "routing/request_path.h"
#include "routing/route_table.h"
#include "server/handler.h"

#include <chrono>
#include <cstddef>
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
  return error_response(face, exchange.request_id(), exchange.trace.retry_after);
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

// How it is counted; a decision that could not be made is none.
std::optional<AuthResult> result_of(auth::Decision::Outcome outcome) {
  using Outcome = auth::Decision::Outcome;
  switch (outcome) {
    case Outcome::kAllowed: return AuthResult::kSuccess;
    case Outcome::kMissing: return AuthResult::kMissing;
    case Outcome::kInvalid: return AuthResult::kInvalid;
    case Outcome::kForbidden: return AuthResult::kForbidden;
    case Outcome::kNoKeys: break;
  }
  return std::nullopt;
}

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

Pipeline::Pipeline(const io::Live<Services>& live, RequestLimit& requests,
                   std::vector<observability::Logger*> loggers)
    : live_(live), requests_(requests), loggers_(std::move(loggers)) {}

server::Handled Pipeline::handle(const server::Request& request, io::Loop& loop) {
  const ServicesLease& services = live_.on(loop);
  const core::IpAddress client =
      client_address(request.peer, request.head.fields, services->trusted_proxies);
  Visit visit{.request = request,
              .loop = loop,
              .client = client,
              .exchange = std::make_unique<Exchange>(services, request, client,
                                                     services->unrouted->of(loop.index()),
                                                     *loggers_[loop.index()])};
  Answer answer;
  try {
    answer = try_answer(visit);
  } catch (const std::exception& exception) {
    // A bug here must cost one answer, not the process.
    answer = reply(*visit.exchange, {ErrorCode::kInternal, exception.what()});
  }
  if (answer) return complete(visit, *std::move(answer));
  return wait_for_answer(std::move(visit));
}

Pipeline::Answer Pipeline::try_answer(Visit& visit) {
  if (Answer answer = find_bucket(visit)) return answer;
  if (Answer answer = check_method(visit)) return answer;
  if (visit.bucket->authenticator != nullptr) {
    const http::RequestHead& head = visit.request.head;
    std::optional<auth::Decision> decision =
        visit.bucket->authenticator->decide(head.fields, head.query, visit.loop, wall_clock());
    if (!decision) return std::nullopt;
    if (Answer answer = let_in(visit, *std::move(decision))) return answer;
  }
  visit.is_let_in = true;
  return try_hit(visit);
}

io::Task<server::Response> Pipeline::wait_for_answer(Visit visit) {
  Answer answer;
  try {
    if (!visit.is_let_in) {
      const http::RequestHead& head = visit.request.head;
      auth::Decision decision = co_await visit.bucket->authenticator->retry(
          head.fields, head.query, visit.loop, visit.request.deadline);
      answer = let_in(visit, std::move(decision));
      if (!answer) answer = try_hit(visit);
    }
    if (!answer) answer = co_await ask(visit);
  } catch (const std::exception& exception) {
    if (io::is_cancellation(std::current_exception())) throw;
    answer = reply(*visit.exchange, {ErrorCode::kInternal, exception.what()});
  }
  co_return complete(visit, *std::move(answer));
}

Pipeline::Answer Pipeline::find_bucket(Visit& visit) {
  Exchange& exchange = *visit.exchange;
  const Services& services = exchange.services();
  exchange.slot = requests_.take(services.max_requests);
  if (!exchange.slot) {
    return reply(exchange, {ErrorCode::kOverloaded, "max_requests are in flight"});
  }
  const http::RequestHead& head = visit.request.head;
  if (head.path == "*") {
    server::Response response;
    response.status = 204;
    response.headers.add("Allow", kAllow);
    return response;
  }
  std::string scratch;
  const core::Result<std::string_view> path = routing::normalize_request_path(head.path, scratch);
  if (!path) return reply(exchange, path.error());
  const std::optional<routing::Match> match = services.routes.match(*path);
  if (match) {
    visit.bucket = services.buckets[match->index].get();
    visit.key = match->key;
    exchange.bucket = visit.bucket->options.name;
    exchange.count_in(visit.bucket->metrics->of(visit.loop.index()));
  }
  if (Answer answer = check_rates(visit)) return answer;
  if (!match) return reply(exchange, {ErrorCode::kNotFound, "no bucket has this path"});
  return std::nullopt;
}

Pipeline::Answer Pipeline::check_rates(Visit& visit) {
  Exchange& exchange = *visit.exchange;
  resilience::RateLimiter* const of_bucket =
      visit.bucket == nullptr ? nullptr : visit.bucket->rate_limiter.get();
  const std::optional<RateRefusal> refused =
      proxy::check_rates(exchange.services().rate_limits, of_bucket, visit.client);
  if (!refused) return std::nullopt;
  exchange.metrics().count(refused->scope);
  std::string reason = "the rate limit: ";
  reason += name_of(refused->scope);
  server::Response response = reply(exchange, {ErrorCode::kTooManyRequests, std::move(reason)});
  add_rate_fields(*refused, response.headers);
  return response;
}

Pipeline::Answer Pipeline::check_method(Visit& visit) {
  switch (visit.request.head.method) {
    case http::Method::kOptions: return options_answer(*visit.bucket, visit.request.head);
    case http::Method::kOther:
      return reply(*visit.exchange, {ErrorCode::kMethodNotAllowed, "method not allowed"});
    case http::Method::kGet:
    case http::Method::kHead: break;
  }
  return std::nullopt;
}

Pipeline::Answer Pipeline::let_in(Visit& visit, auth::Decision decision) {
  if (const auto result = result_of(decision.outcome)) visit.exchange->metrics().count(*result);
  if (decision.outcome != auth::Decision::Outcome::kAllowed) {
    return turn_away(*visit.exchange, decision);
  }
  visit.exchange->principal = std::move(decision.principal);
  return std::nullopt;
}

Pipeline::Answer Pipeline::try_hit(Visit& visit) {
  Bucket& bucket = *visit.bucket;
  Exchange& exchange = *visit.exchange;
  const std::string object = object_key(bucket.options, visit.key);
  if (object.empty()) return reply(exchange, {ErrorCode::kNotFound, "the key is empty"});
  const std::size_t prefix = bucket.options.s3.key_prefix.size();
  exchange.key = bucket.options.s3.key_prefix + object;
  visit.object = std::string_view(exchange.key).substr(prefix);
  const BucketCache* const cache = CachedExchange::cache_for(bucket, visit.request.head);
  if (cache == nullptr) return std::nullopt;
  visit.cached.emplace(bucket, *cache, visit.loop, visit.request, exchange, visit.object);
  std::optional<core::Result<server::Response>> answer = visit.cached->try_hit();
  if (!answer) return std::nullopt;
  return *answer ? std::move(**answer) : reply(exchange, answer->error());
}

io::Task<server::Response> Pipeline::ask(Visit& visit) {
  Exchange& exchange = *visit.exchange;
  if (visit.cached) {
    core::Result<server::Response> answer = co_await visit.cached->run();
    if (!answer) co_return reply(exchange, answer.error());
    co_return std::move(*answer);
  }
  exchange.cache = cache::CacheStatus{.forward = cache::Forward::kBypass};
  ObjectExchange past_cache(*visit.bucket, visit.bucket->client(visit.loop), visit.request,
                            exchange);
  core::Result<server::Response> answer = co_await past_cache.run(visit.object);
  if (!answer) {
    server::Response failed = reply(exchange, answer.error());
    past_cache.complete_error(failed);
    co_return failed;
  }
  co_return std::move(*answer);
}

server::Response Pipeline::complete(Visit& visit, server::Response response) {
  Exchange& exchange = *visit.exchange;
  if (visit.bucket != nullptr) {
    const Bucket& bucket = *visit.bucket;
    const http::RequestHead& head = visit.request.head;
    if (bucket.options.cors && head.method != http::Method::kOptions) {
      http::apply_cors(*bucket.options.cors, head.fields, response.headers);
    }
    if (exchange.cache) {
      if (exchange.trace.status != 0) exchange.cache->forward_status = exchange.trace.status;
      visit.bucket->metrics->cache.count(visit.loop.index(), *exchange.cache);
      response.headers.add_safe("X-Cache", cache::x_cache_value(exchange.cache->outcome));
      response.headers.add_safe("Cache-Status", cache::format_cache_status(*exchange.cache));
    }
    bucket.headers.apply_bucket_rules(response.headers);
  }
  response.headers.add_safe("X-Request-Id", exchange.request_id());
  exchange.status = response.status;
  response.observer = std::move(visit.exchange);
  return response;
}

server::Response Pipeline::refuse(int status, std::string_view reason, const core::IpAddress& peer,
                                  io::TimePoint started, io::Loop& loop) {
  const ServicesLease& services = live_.on(loop);
  auto exchange = std::make_unique<Exchange>(
      services, peer, started, services->unrouted->of(loop.index()), *loggers_[loop.index()]);
  const ErrorFace& face = face_of_status(status);
  exchange->status = status;
  exchange->error = face.name;
  exchange->reason = reason;
  server::Response response = error_response(face, exchange->request_id());
  response.headers.add("X-Request-Id", exchange->request_id());
  response.observer = std::move(exchange);
  return response;
}

}  // namespace yatagarasu::proxy
