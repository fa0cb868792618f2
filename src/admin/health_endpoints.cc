#include "admin/health_endpoints.h"

#include "admin/health_board.h"
#include "core/cidr.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/task.h"
#include "server/handler.h"

#include <optional>
#include <string>
#include <utility>

namespace yatagarasu::admin {
namespace {

server::Response json(int status, std::string body) {
  server::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

}  // namespace

std::optional<server::Response> HealthEndpoints::answer(std::string_view path) const {
  if (path == "/health") {
    return json(board_.overall() == Overall::kUnhealthy ? 503 : 200, board_.to_json());
  }
  if (path == "/health/live") return json(200, "{\"status\":\"alive\"}\n");
  if (path == "/health/ready" || path == "/ready") {
    if (board_.is_ready()) return json(200, "{\"status\":\"ready\"}\n");
    return json(503, "{\"status\":\"not_ready\"}\n");
  }
  return std::nullopt;
}

server::Handled HealthEndpoints::handle(const server::Request& request, io::Loop& loop) {
  const http::RequestHead& head = request.head;
  if (!head.path.starts_with("/health") && head.path != "/ready")
    return next_.handle(request, loop);
  auto response = answer(head.path);
  if (!response) return next_.handle(request, loop);
  if (head.method != http::Method::kGet && head.method != http::Method::kHead) {
    response = json(405, "{\"status\":\"method_not_allowed\"}\n");
    response->headers.add("Allow", "GET, HEAD");
  }
  return *std::move(response);
}

server::Response HealthEndpoints::refuse(int status, std::string_view reason,
                                         const core::IpAddress& peer, io::TimePoint started,
                                         io::Loop& loop) {
  return next_.refuse(status, reason, peer, started, loop);
}

}  // namespace yatagarasu::admin
