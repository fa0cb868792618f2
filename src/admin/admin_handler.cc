#include "admin/admin_handler.h"

#include "admin/cache_admin.h"
#include "admin/health_endpoints.h"
#include "admin/json_answer.h"
#include "admin/purge_request.h"
#include "cache/purge_scope.h"
#include "core/ascii.h"
#include "core/cidr.h"
#include "core/result.h"
#include "crypto/constant_time.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/task.h"
#include "server/handler.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::admin {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// A name that somebody's DNS server gives for this machine's address is not one of these (DNS
// rebinding).
bool is_own_host(std::string_view host) {
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  return core::iequals(host, "localhost") || core::IpAddress::parse(host).has_value();
}

server::Response not_allowed(std::string_view allowed) {
  server::Response response =
      json_error(405, "method_not_allowed", "Only " + std::string(allowed) + " is allowed here.");
  response.headers.add("Allow", allowed);
  return response;
}

server::Response purged(std::uint64_t count) {
  return json_answer(200, "{\"purged\":" + std::to_string(count) + "}\n");
}

io::Task<server::Response> purge_from(CacheAdmin& cache, cache::PurgeScope scope) {
  const core::Result<std::uint64_t> count = co_await cache.purge(std::move(scope));
  if (!count) co_return json_error(500, "internal_error", "The purge failed; the log says why.");
  co_return purged(*count);
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

bool is_read(const http::RequestHead& head) {
  return head.method == http::Method::kGet || head.method == http::Method::kHead;
}

}  // namespace

server::Handled AdminHandler::handle(const server::Request& request, io::Loop& /*loop*/) {
  const http::RequestHead& head = request.head;
  if (auto health = health_answer(parts_.health, head)) return *std::move(health);
  if (auto refusal = refuse_entry(head)) return *std::move(refusal);
  if (head.path == "/admin/cache/purge") {
    if (head.method_text != "POST") return not_allowed("POST");
    return purge(request.body);
  }
  if (head.path == "/admin/cache/stats") {
    return is_read(head) ? stats() : not_allowed("GET, HEAD");
  }
  return json_error(404, "not_found", "There is no such admin endpoint.");
}

std::optional<server::Response> AdminHandler::refuse_entry(const http::RequestHead& head) const {
  const std::string_view token = parts_.options.token.reveal();
  if (token.empty()) {
    if (!head.fields.has("Origin") && is_own_host(head.host)) return std::nullopt;
    return json_error(
        403, "forbidden",
        "Without `admin.token` requests of web pages, and by host names, are refused.");
  }
  const std::string_view sent = head.fields.get("Authorization");
  const bool is_bearer = core::istarts_with(sent, kBearer);
  if (is_bearer && crypto::constant_time_equal(sent.substr(kBearer.size()), token)) {
    return std::nullopt;
  }
  server::Response response =
      json_error(401, "unauthorized", "The admin token is needed: Authorization: Bearer …");
  response.headers.add("WWW-Authenticate", "Bearer");
  return response;
}

server::Handled AdminHandler::purge(std::string_view body) const {
  const auto asked = parse_purge_request(body);
  if (!asked) return json_error(400, "bad_request", asked.error());
  const std::string& bucket = asked->bucket;
  if (!bucket.empty() && std::ranges::find(parts_.buckets, bucket) == parts_.buckets.end()) {
    return json_error(404, "not_found", "There is no bucket of this name.");
  }
  if (parts_.cache == nullptr) return purged(0);
  std::optional<cache::PurgeScope> scope = parts_.cache->scope_of(*asked);
  if (!scope) return purged(0);  // The bucket is not cached.
  return purge_from(*parts_.cache, *std::move(scope));
}

server::Response AdminHandler::stats() const {
  return json_answer(
      200, parts_.cache == nullptr ? "{\"tiers\":{},\"buckets\":{}}\n" : parts_.cache->to_json());
}

server::Response AdminHandler::refuse(int status, std::string_view reason,
                                      const core::IpAddress& /*peer*/, io::TimePoint /*started*/,
                                      io::Loop& /*loop*/) {
  server::Response response = json_error(status, name_of_refusal(status), reason);
  if (status == 405) response.headers.add("Allow", "GET, HEAD, POST");
  return response;
}

}  // namespace yatagarasu::admin
