#include "app/generation.h"

#include "admin/health_board.h"
#include "admin/process_state.h"
#include "config/snapshot.h"
#include "proxy/services.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace yatagarasu::app {

Generation::Generation(config::Snapshot loaded, std::uint64_t number,
                       const admin::ProcessState& process, std::function<void()> on_unused)
    : snapshot(std::move(loaded)),
      view{.options = snapshot.admin,
           .has_health_endpoints = snapshot.server.health_endpoints,
           .health = admin::HealthBoard(process, number)},
      usage_(std::make_shared<Usage>()) {
  usage_->on_unused = std::move(on_unused);
  services.trusted_proxies = snapshot.server.trusted_proxies;
  services.max_requests = snapshot.server.max_requests;
  services.generation = number;
}

Generation::Lease Generation::lease() {
  usage_->leases.fetch_add(1);
  // One count for both. What it touches at its end is the usage: this may be gone by then.
  const std::shared_ptr<Generation> counted(this, [usage = usage_](Generation*) {
    if (usage->leases.fetch_sub(1) == 1) usage->on_unused();
  });
  return {.services = {counted, &services}, .view = {counted, &view}};
}

}  // namespace yatagarasu::app
