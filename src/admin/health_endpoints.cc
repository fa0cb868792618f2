#include "admin/health_endpoints.h"

#include "admin/health_board.h"
#include "admin/json_answer.h"
#include "admin/view.h"
#include "core/cidr.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/task.h"
#include "server/handler.h"

#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::admin {
namespace {

std::optional<server::Response> answer(const HealthBoard& board, std::string_view path) {
  if (path == "/health") {
    return json_answer(board.overall() == Overall::kUnhealthy ? 503 : 200, board.to_json());
  }
  if (path == "/health/live") return json_answer(200, "{\"status\":\"alive\"}\n");
  if (path == "/health/ready" || path == "/ready") {
    if (board.is_ready()) return json_answer(200, "{\"status\":\"ready\"}\n");
    return json_answer(503, "{\"status\":\"not_ready\"}\n");
  }
  return std::nullopt;
}

}  // namespace

std::optional<server::Response> health_answer(const HealthBoard& board,
                                              const http::RequestHead& head) {
  if (!head.path.starts_with("/health") && head.path != "/ready") return std::nullopt;
  std::optional<server::Response> response = answer(board, head.path);
  if (response && head.method != http::Method::kGet && head.method != http::Method::kHead) {
    response = json_answer(405, "{\"status\":\"method_not_allowed\"}\n");
    response->headers.add("Allow", "GET, HEAD");
  }
  return response;
}

server::Handled HealthEndpoints::handle(const server::Request& request, io::Loop& loop) {
  const View& view = *live_.on(loop);
  if (view.has_health_endpoints) {
    if (auto response = health_answer(view.health, request.head)) return *std::move(response);
  }
  return next_.handle(request, loop);
}

server::Response HealthEndpoints::refuse(int status, std::string_view reason,
                                         const core::IpAddress& peer, io::TimePoint started,
                                         io::Loop& loop) {
  return next_.refuse(status, reason, peer, started, loop);
}

}  // namespace yatagarasu::admin
