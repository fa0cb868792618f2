#pragma once

#include "admin/admin_handler.h"
#include "admin/cache_admin.h"
#include "admin/health_board.h"
#include "admin/health_endpoints.h"
#include "app/issuers.h"
#include "app/runtime.h"
#include "cache/bucket_ids.h"
#include "config/snapshot.h"
#include "core/result.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/tls_client.h"
#include "io/tls_server_context.h"
#include "io/tls_ticket_keys.h"
#include "observability/log.h"
#include "observability/logger.h"
#include "proxy/pipeline.h"
#include "proxy/services.h"
#include "s3/addressing.h"
#include "s3/prober.h"
#include "server/acceptor.h"
#include "server/handler.h"
#include "server/options.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace yatagarasu::app {

// One running proxy: every component built in order, each from those above it. The reverse order
// is the shutdown.
//
// Threading: used by the thread that made it. `log` outlives it.
class Instance {
 public:
  Instance(config::Snapshot snapshot, observability::Log& log);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  // Cuts whatever is still running.
  ~Instance();

  // Opens the listeners and starts the loops. Nothing is served before everything is built;
  // after a failure nothing is open.
  core::Result<void> start();

  std::uint16_t port() const { return port_; }

  // Readiness turns, listeners close, idle connections end; requests in flight go on.
  void begin_drain();
  // Nothing is left to wait for.
  bool is_drained() const { return shared_.connections.load() == 0; }
  // Ends what is left; how many connections that were.
  std::size_t cut();

 private:
  void build_cache();
  void build_cache_admin();
  core::Result<void> build_buckets();
  core::Result<void> build_authenticator(proxy::Bucket& bucket);
  core::Result<void> build_tls();
  core::Result<void> open_listeners();
  core::Result<void> open_admin_listener();
  std::unique_ptr<server::Acceptor> make_acceptor(io::Loop& loop, io::Listener listener,
                                                  server::Handler& handler,
                                                  const server::Options& options,
                                                  server::AcceptorShared& shared);
  void end_admin();
  void add_client(proxy::Bucket& bucket, const s3::Address& address,
                  const io::TlsClientContext* tls, io::Loop& loop, io::Resolver& resolver);
  void start_probing(proxy::Bucket& bucket);
  // What runs in the background: on the control loop, and on those for traffic.
  void stop_background();
  void stop_fills();

  config::Snapshot snapshot_;
  observability::Logger& logger_;
  Runtime runtime_;
  std::vector<std::unique_ptr<io::Resolver>>
      resolvers_;  // By loop index; the control loop's is last.
  std::vector<std::unique_ptr<io::TlsClientContext>> tls_contexts_;
  cache::BucketIds bucket_ids_;
  proxy::Services services_;
  std::vector<std::unique_ptr<s3::Prober>> probers_;
  Issuers issuers_;  // Of the control loop, like the probers.
  admin::HealthBoard health_;
  proxy::Pipeline pipeline_;
  admin::HealthEndpoints endpoints_;
  server::AcceptorShared shared_;
  std::shared_ptr<io::TlsTicketKeys> ticket_keys_;   // Of all loops, and of every `tls` to come.
  std::shared_ptr<const io::TlsServerContext> tls_;  // Null: plain text.
  std::vector<std::unique_ptr<server::Acceptor>> acceptors_;
  std::uint16_t port_ = 0;

  // The admin listener, on the control loop.
  std::unique_ptr<admin::CacheAdmin> cache_admin_;  // Null: nothing is cached.
  std::unique_ptr<admin::AdminHandler> admin_handler_;
  server::Options admin_server_;
  server::AcceptorShared admin_shared_;
  std::unique_ptr<server::Acceptor> admin_acceptor_;  // Null: switched off.
  std::uint16_t admin_port_ = 0;
  bool is_running_ = false;
};

}  // namespace yatagarasu::app
