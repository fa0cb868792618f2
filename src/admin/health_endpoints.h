#pragma once

#include "admin/health_board.h"
#include "admin/view.h"
#include "core/cidr.h"
#include "http/message.h"
#include "io/live.h"
#include "io/loop.h"
#include "io/task.h"
#include "server/handler.h"

#include <optional>
#include <string_view>

namespace yatagarasu::admin {

// The answer to /health, /health/live, /health/ready or /ready; empty for every other path.
std::optional<server::Response> health_answer(const HealthBoard& board,
                                              const http::RequestHead& head);

// Answers /health, /health/live, /health/ready and /ready itself, where the configuration wants
// that, and leaves every other request to the next handler. No access line is written for them.
class HealthEndpoints final : public server::Handler {
 public:
  HealthEndpoints(const io::Live<const View>& live, server::Handler& next)
      : live_(live), next_(next) {}

  server::Handled handle(const server::Request& request, io::Loop& loop) override;
  server::Response refuse(int status, std::string_view reason, const core::IpAddress& peer,
                          io::TimePoint started, io::Loop& loop) override;

 private:
  const io::Live<const View>& live_;
  server::Handler& next_;
};

}  // namespace yatagarasu::admin
