#pragma once

#include "admin/admin_handler.h"
#include "admin/health_endpoints.h"
#include "admin/loop_monitor.h"
#include "admin/measured.h"
#include "admin/operations.h"
#include "admin/process_state.h"
#include "admin/request_rates.h"
#include "admin/view.h"
#include "app/generation.h"
#include "app/generation_builder.h"
#include "app/issuers.h"
#include "app/metrics_registry.h"
#include "app/object_caches.h"
#include "app/rate_limiters.h"
#include "app/runtime.h"
#include "app/upstreams.h"
#include "config/snapshot.h"
#include "core/result.h"
#include "io/listener.h"
#include "io/live.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/tls_server_context.h"
#include "io/tls_ticket_keys.h"
#include "observability/log.h"
#include "observability/logger.h"
#include "proxy/pipeline.h"
#include "proxy/request_slot.h"
#include "proxy/services.h"
#include "server/acceptor.h"
#include "server/handler.h"
#include "server/options.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace yatagarasu::app {

// One running proxy: what lives as long as the process, and the configuration in force.
//
// Threading: used by the thread that made it, but for the hooks. `log` outlives it.
class Instance {
 public:
  struct Hooks {
    // Called on any thread: sweep() has something to do.
    std::function<void()> on_unused = [] {};
    // Reads the configuration file again, for the admin listener; called on its loop.
    std::function<io::Task<std::optional<admin::ReloadOutcome>>(io::Loop&)> reload{};
  };

  Instance(config::Snapshot snapshot, observability::Log& log, Hooks hooks);
  Instance(config::Snapshot snapshot, observability::Log& log)
      : Instance(std::move(snapshot), log, Hooks{}) {}
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  // Cuts whatever is still running.
  ~Instance();

  // Opens the listeners and starts the loops. Nothing is served before everything is built;
  // after a failure nothing is open.
  core::Result<void> start();

  std::uint16_t port() const { return port_; }
  // In force. On the control loop, or by the thread that made this.
  const config::Snapshot& configuration() const { return current_->snapshot; }

  // Puts another configuration in force: builds all of it, then swaps. After it no request begins
  // with the old one; those that have begun end with it. With problems nothing has changed.
  admin::ReloadOutcome reload(config::Snapshot snapshot);
  // For the metrics.
  void count_reload(const admin::ReloadOutcome& outcome);
  // Whether every loop has run since this was asked for the last time.
  bool is_alive() { return monitor_.all_have_run(); }
  // Frees what no request uses any more.
  void sweep();

  // Readiness turns, listeners close, idle connections end; requests in flight go on.
  void begin_drain();
  // Nothing is left to wait for.
  bool is_drained() const { return shared_.connections.load() == 0; }
  // Ends what is left; how many connections that were.
  std::size_t cut();

 private:
  admin::Operations operations();
  admin::Measured measured();
  std::uint64_t tasks_on(io::Loop& loop);
  void sample_rates();
  std::unique_ptr<Generation> make_generation(config::Snapshot snapshot);
  void publish(std::unique_ptr<Generation> generation);
  void withdraw();
  // What is unwise in the configuration in force.
  void tell_warnings();
  core::Result<void> open_listeners();
  core::Result<void> open_admin_listener();
  std::unique_ptr<server::Acceptor> make_acceptor(io::Loop& loop, io::Listener listener,
                                                  server::Handler& handler,
                                                  const server::Options& options,
                                                  server::AcceptorShared& shared);
  void end_admin();

  observability::Log& log_;
  observability::Logger& logger_;
  Hooks hooks_;
  admin::ProcessState process_;
  config::Snapshot first_;  // Until start() builds it.
  Runtime runtime_;
  std::vector<std::unique_ptr<io::Resolver>> resolvers_;  // By the loop's index.
  MetricsRegistry metrics_;
  Upstreams upstreams_;
  Issuers issuers_;
  ObjectCaches caches_;
  RateLimiters rate_limiters_;
  GenerationBuilder builder_;

  std::uint64_t generations_ = 0;  // So far.
  std::unique_ptr<Generation> current_;
  std::vector<std::unique_ptr<Generation>> ending_;  // Replaced, and still in use.
  io::Live<proxy::Services> services_;
  io::Live<const admin::View> views_;

  proxy::RequestLimit requests_;
  proxy::Pipeline pipeline_;
  admin::HealthEndpoints endpoints_;
  server::AcceptorShared shared_;
  // Of all loops, and of every configuration.
  std::shared_ptr<io::TlsTicketKeys> ticket_keys_ =
      std::make_shared<io::TlsTicketKeys>(io::Clock::now());
  std::shared_ptr<const io::TlsServerContext> tls_;  // In force; null: plain text.
  std::vector<std::unique_ptr<server::Acceptor>> acceptors_;
  std::uint16_t port_ = 0;

  // The admin listener, on the control loop.
  admin::AdminHandler admin_handler_;
  server::AcceptorShared admin_shared_;
  std::unique_ptr<server::Acceptor> admin_acceptor_;  // Null: switched off.
  std::uint16_t admin_port_ = 0;

  admin::LoopMonitor monitor_;
  admin::RequestRates rates_;  // On the control loop.
};

}  // namespace yatagarasu::app
