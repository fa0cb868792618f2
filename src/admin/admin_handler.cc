#include "admin/admin_handler.h"

#include "admin/cache_admin.h"
#include "admin/entry_rule.h"
#include "admin/explain_request.h"
#include "admin/health_endpoints.h"
#include "admin/json_answer.h"
#include "admin/operations.h"
#include "admin/purge_request.h"
#include "admin/view.h"
#include "cache/purge_scope.h"
#include "core/cidr.h"
#include "core/result.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/task.h"
#include "server/handler.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::admin {
namespace {

server::Response not_allowed(std::string_view allowed) {
  server::Response response =
      json_error(405, "method_not_allowed", "Only " + std::string(allowed) + " is allowed here.");
  response.headers.add("Allow", allowed);
  return response;
}

server::Response purged(std::uint64_t count) {
  return json_answer(200, "{\"purged\":" + std::to_string(count) + "}\n");
}

io::Task<server::Response> purge_from(std::shared_ptr<const View> view, cache::PurgeScope scope) {
  const core::Result<std::uint64_t> count = co_await view->cache->purge(std::move(scope));
  if (!count) co_return json_error(500, "internal_error", "The purge failed; the log says why.");
  co_return purged(*count);
}

boost::json::array to_array(const std::vector<std::string>& texts) {
  boost::json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

io::Task<server::Response> reload_by(const Operations& operations, io::Loop& loop) {
  const std::optional<ReloadOutcome> outcome = co_await operations.reload(loop);
  if (!outcome) co_return json_error(503, "service_unavailable", "Too many reloads are waiting.");
  if (!outcome->problems.empty()) {
    const boost::json::object body{{"status", "error"}, {"problems", to_array(outcome->problems)}};
    co_return json_answer(422, boost::json::serialize(body) + "\n");
  }
  const boost::json::object body{{"status", "ok"},
                                 {"generation", outcome->generation},
                                 {"changes", to_array(outcome->changes)}};
  co_return json_answer(200, boost::json::serialize(body) + "\n");
}

// The names of the proxy's own errors (proxy/error_response.h).
std::string_view name_of_refusal(int status) {
  switch (status) {
    case 405: return "method_not_allowed";
    case 408: return "request_timeout";
    case 413: return "payload_too_large";
    case 414: return "uri_too_long";
    case 431: return "headers_too_large";
    default: return "bad_request";
  }
}

constexpr std::string_view kRead = "GET, HEAD";
constexpr std::string_view kPost = "POST";
constexpr std::string_view kReadOrPost = "GET, HEAD, POST";

bool allows(std::string_view methods, std::string_view method) {
  for (const auto allowed : std::views::split(methods, std::string_view(", "))) {
    if (std::string_view(allowed) == method) return true;
  }
  return false;
}

}  // namespace

const std::vector<AdminHandler::Endpoint>& AdminHandler::endpoints() {
  static const std::vector<Endpoint> endpoints{
      {.path = "/admin/reload", .methods = kPost, .answer = &AdminHandler::reload},
      {.path = "/admin/status", .methods = kRead, .answer = &AdminHandler::status},
      {.path = "/admin/config", .methods = kRead, .answer = &AdminHandler::configuration},
      {.path = "/admin/explain", .methods = kReadOrPost, .answer = &AdminHandler::explain},
      {.path = "/admin/cache/purge", .methods = kPost, .answer = &AdminHandler::purge},
      {.path = "/admin/cache/stats", .methods = kRead, .answer = &AdminHandler::stats},
  };
  return endpoints;
}

server::Handled AdminHandler::handle(const server::Request& request, io::Loop& loop) {
  const ViewLease& view = live_.on(loop);
  const http::RequestHead& head = request.head;
  if (auto health = health_answer(view->health, head)) return *std::move(health);
  if (head.path == "/metrics") return metrics(head);
  if (auto refusal = refuse_entry(view->options.token, head)) return *std::move(refusal);
  const auto endpoint = std::ranges::find(endpoints(), head.path, &Endpoint::path);
  if (endpoint == endpoints().end()) {
    return json_error(404, "not_found", "There is no such admin endpoint.");
  }
  if (!allows(endpoint->methods, head.method_text)) return not_allowed(endpoint->methods);
  return (this->*endpoint->answer)(view, request, loop);
}

server::Handled AdminHandler::metrics(const http::RequestHead& head) const {
  if (!allows(kRead, head.method_text)) return not_allowed(kRead);
  return text_answer("text/plain; version=0.0.4; charset=utf-8", operations_.metrics());
}

server::Handled AdminHandler::status(const ViewLease& /*view*/, const server::Request& /*request*/,
                                     io::Loop& /*loop*/) const {
  return json_answer(200, operations_.status());
}

server::Handled AdminHandler::reload(const ViewLease& /*view*/, const server::Request& /*request*/,
                                     io::Loop& loop) const {
  return reload_by(operations_, loop);
}

server::Handled AdminHandler::configuration(const ViewLease& view,
                                            const server::Request& /*request*/,
                                            io::Loop& /*loop*/) const {
  return text_answer("application/yaml", view->configuration());
}

server::Handled AdminHandler::explain(const ViewLease& view, const server::Request& request,
                                      io::Loop& /*loop*/) const {
  const auto asked = request.head.method_text == "POST" ? parse_explain_body(request.body)
                                                        : parse_explain_query(request.head.query);
  if (!asked) return json_error(400, "bad_request", asked.error());
  return text_answer("text/plain; charset=utf-8", view->explain(asked->url, asked->token));
}

server::Handled AdminHandler::purge(const ViewLease& view, const server::Request& request,
                                    io::Loop& /*loop*/) const {
  const auto asked = parse_purge_request(request.body);
  if (!asked) return json_error(400, "bad_request", asked.error());
  const std::string& bucket = asked->bucket;
  if (!bucket.empty() && std::ranges::find(view->buckets, bucket) == view->buckets.end()) {
    return json_error(404, "not_found", "There is no bucket of this name.");
  }
  if (view->cache == nullptr) return purged(0);
  std::optional<cache::PurgeScope> scope = view->cache->scope_of(*asked);
  if (!scope) return purged(0);  // The bucket is not cached.
  return purge_from(view, *std::move(scope));
}

server::Handled AdminHandler::stats(const ViewLease& view, const server::Request& /*request*/,
                                    io::Loop& /*loop*/) const {
  return json_answer(
      200, view->cache == nullptr ? "{\"tiers\":{},\"buckets\":{}}\n" : view->cache->to_json());
}

server::Response AdminHandler::refuse(int status, std::string_view reason,
                                      const core::IpAddress& /*peer*/, io::TimePoint /*started*/,
                                      io::Loop& /*loop*/) {
  server::Response response = json_error(status, name_of_refusal(status), reason);
  if (status == 405) response.headers.add("Allow", "GET, HEAD, POST");
  return response;
}

}  // namespace yatagarasu::admin
