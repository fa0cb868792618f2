#include "app/instance.h"

#include "admin/admin_handler.h"
#include "admin/measured.h"
#include "admin/metrics_report.h"
#include "admin/operations.h"
#include "admin/options.h"
#include "admin/status_report.h"
#include "app/generation.h"
#include "app/runtime.h"
#include "config/changes.h"
#include "config/problem.h"
#include "config/snapshot.h"
#include "core/cidr.h"
#include "core/result.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/resolver_channel.h"
#include "io/tcp_stream.h"
#include "observability/log.h"
#include "observability/logger.h"
#include "observability/options.h"
#include "proxy/services.h"
#include "server/acceptor.h"
#include "server/handler.h"
#include "server/options.h"
#include "server/tls.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::app {
namespace {

std::vector<observability::Logger*> attach_loggers(observability::Log& log, std::size_t count) {
  std::vector<observability::Logger*> loggers;
  loggers.reserve(count);
  for (std::size_t index = 0; index < count; ++index) loggers.push_back(&log.attach());
  return loggers;
}

// Operators and their tools: more than a few are a mistake.
constexpr std::uint32_t kMaxAdminConnections = 256;

server::Options admin_server_options() {
  server::Options options;
  options.max_connections = kMaxAdminConnections;
  options.keeps_bodies = true;
  options.http2 = false;
  return options;
}

unsigned thread_count(const server::Options& options) {
  return options.threads == 0 ? available_cpus() : options.threads;
}

std::vector<std::unique_ptr<io::Resolver>> make_resolvers(Runtime& runtime) {
  std::vector<std::unique_ptr<io::Resolver>> resolvers;
  for (const auto& loop : runtime.loops()) {
    resolvers.push_back(std::make_unique<io::Resolver>(*loop, io::ResolverOptions{}));
  }
  resolvers.push_back(std::make_unique<io::Resolver>(runtime.control(), io::ResolverOptions{}));
  return resolvers;
}

}  // namespace

Instance::Instance(config::Snapshot snapshot, observability::Log& log, Hooks hooks)
    : log_(log),
      logger_(log.attach()),
      hooks_(std::move(hooks)),
      first_(std::move(snapshot)),
      runtime_(thread_count(first_.server)),
      resolvers_(make_resolvers(runtime_)),
      metrics_(runtime_.loops().size()),
      upstreams_(runtime_, resolvers_, metrics_, logger_),
      issuers_(runtime_, *resolvers_.back(), logger_),
      caches_(runtime_, logger_),
      rate_limiters_(caches_.hash_seed()),
      builder_(upstreams_, issuers_, caches_, metrics_, rate_limiters_, runtime_.loops().size()),
      services_(resolvers_.size()),
      views_(resolvers_.size()),
      pipeline_(services_, requests_, attach_loggers(log, runtime_.loops().size())),
      endpoints_(views_, pipeline_),
      admin_handler_(views_, operations()),
      monitor_(
          runtime_.control(), runtime_.loops(), [this](io::Loop& loop) { return tasks_on(loop); },
          [this] { sample_rates(); }) {
  runtime_.start();
}

Instance::~Instance() {
  begin_drain();
  cut();
  end_admin();
  Runtime::end_on(
      runtime_.control(), [this] { monitor_.request_stop(); },
      [this] { return monitor_.finished(); });
  runtime_.on_every_loop([](io::Loop&) {});  // What the monitor has posted is over.
  caches_.stop_fills();
  withdraw();
  upstreams_.end_all();
  issuers_.end_all();
  caches_.end_all();
  runtime_.stop();
}

core::Result<void> Instance::start() {
  std::unique_ptr<Generation> generation = make_generation(std::move(first_));
  if (auto built = builder_.build(*generation); !built) return built;
  auto tls = server::load_tls(generation->snapshot.server, ticket_keys_);
  if (!tls) return std::unexpected(std::move(tls.error()));
  tls_ = *std::move(tls);
  publish(std::move(generation));
  if (auto opened = open_listeners(); !opened) return opened;
  if (auto opened = open_admin_listener(); !opened) return opened;

  tell_warnings();
  upstreams_.start_probing();
  issuers_.start();
  for (std::size_t index = 0; index < acceptors_.size(); ++index) {
    Runtime::run_on(*runtime_.loops()[index], [&] { acceptors_[index]->start(); });
  }
  logger_.info("listening", {{"address", configuration().server.address}, {"port", port_}});
  if (admin_acceptor_ != nullptr) {
    Runtime::run_on(runtime_.control(), [this] { admin_acceptor_->start(); });
    logger_.info(
        "listening",
        {{"listener", "admin"}, {"address", configuration().admin.address}, {"port", admin_port_}});
  }
  Runtime::run_on(runtime_.control(), [this] { monitor_.start(); });
  return {};
}

void Instance::tell_warnings() {
  for (const config::Problem& warning : configuration().warnings) {
    logger_.warn("configuration", {{"reason", warning.format()}});
  }
}

// Called on the control loop.
admin::Operations Instance::operations() {
  return {
      .reload = hooks_.reload,
      .metrics =
          [this] { return admin::report_metrics(measured(), *services_.on(runtime_.control())); },
      .status =
          [this] {
            return admin::report_status(measured(), *views_.on(runtime_.control()),
                                        *services_.on(runtime_.control()));
          }};
}

admin::Measured Instance::measured() {
  admin::Measured measured{.process = process_,
                           .requests = requests_,
                           .loops = monitor_,
                           .rates = rates_,
                           .http2_abuses = shared_.http2_abuses,
                           .log_lines_dropped = [this] { return log_.dropped(); }};
  for (const auto& acceptor : acceptors_) measured.connections.push_back(&acceptor->stats());
  return measured;
}

// On the loop.
std::uint64_t Instance::tasks_on(io::Loop& loop) {
  if (&loop == &runtime_.control()) {
    return admin_acceptor_ == nullptr ? 0 : admin_acceptor_->stats().open.value();
  }
  const proxy::ServicesLease& services = services_.on(loop);
  const std::uint64_t in_background =
      services->cache == nullptr ? 0 : services->cache->runner(loop).tasks().size();
  return acceptors_[loop.index()]->stats().open.value() + in_background;
}

// On the control loop.
void Instance::sample_rates() {
  const auto now = std::chrono::steady_clock::now();
  if (rates_.is_due(now)) {
    rates_.sample(now, admin::count_requests(*services_.on(runtime_.control())));
  }
}

std::unique_ptr<Generation> Instance::make_generation(config::Snapshot snapshot) {
  return std::make_unique<Generation>(std::move(snapshot), generations_ + 1, process_,
                                      hooks_.on_unused);
}

void Instance::publish(std::unique_ptr<Generation> generation) {
  generations_ = generation->services.generation;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  process_.loaded_at.set(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count()));
  std::unique_ptr<Generation> replaced = std::exchange(current_, std::move(generation));
  runtime_.on_every_loop([this](io::Loop& loop) {
    Generation::Lease lease = current_->lease();
    services_.publish(loop, std::move(lease.services));
    views_.publish(loop, std::move(lease.view));
  });
  if (replaced != nullptr) ending_.push_back(std::move(replaced));
}

void Instance::withdraw() {
  runtime_.on_every_loop([this](io::Loop& loop) {
    services_.publish(loop, nullptr);
    views_.publish(loop, nullptr);
  });
  ending_.clear();
  current_.reset();
}

admin::ReloadOutcome Instance::reload(config::Snapshot snapshot) {
  admin::ReloadOutcome outcome{.generation = generations_};
  config::Changes changes = config::compare(configuration(), snapshot);
  for (const std::string& key : changes.need_restart) {
    outcome.problems.push_back("`" + key + "` cannot change while the process runs: restart it");
  }
  if (!outcome.problems.empty()) return outcome;
  std::unique_ptr<Generation> generation = make_generation(std::move(snapshot));
  const auto refuse = [&](std::string problem) {
    outcome.problems.push_back(std::move(problem));
    generation.reset();
    sweep();
    return outcome;
  };
  if (auto built = builder_.build(*generation); !built) {
    return refuse(std::move(built.error().detail));
  }
  auto tls = server::load_tls(generation->snapshot.server, ticket_keys_);
  if (!tls) return refuse(std::move(tls.error().detail));
  if (auto adopted = log_.reconfigure(generation->snapshot.logging); !adopted) {
    return refuse("`logging.output`: " + adopted.error().detail);
  }
  outcome.changes = std::move(changes.described);
  if (*tls != nullptr && tls_ != nullptr && !(*tls)->has_contents_of(*tls_)) {
    outcome.changes.emplace_back("server.tls: certificates replaced");
  }
  tls_ = *tls;
  publish(std::move(generation));
  tell_warnings();
  for (std::size_t index = 0; index < acceptors_.size(); ++index) {
    Runtime::run_on(*runtime_.loops()[index], [&] {
      acceptors_[index]->set_options(configuration().server);
      acceptors_[index]->set_tls(tls_);
    });
  }
  upstreams_.start_probing();
  issuers_.start();
  outcome.generation = generations_;
  sweep();
  return outcome;
}

void Instance::count_reload(const admin::ReloadOutcome& outcome) {
  (outcome.problems.empty() ? process_.reloads_done : process_.reloads_failed).add();
}

void Instance::sweep() {
  for (const auto& generation : ending_) {
    if (generation->is_unused()) caches_.forget(generation->services, current_->services);
  }
  std::erase_if(ending_, [](const auto& generation) { return generation->is_unused(); });
  upstreams_.sweep();
  issuers_.sweep();
  caches_.sweep();
  metrics_.sweep();
  rate_limiters_.sweep();
}

core::Result<void> Instance::open_listeners() {
  const server::Options& options = configuration().server;
  io::Endpoint address(io::asio::ip::make_address(options.address), options.port);
  if (auto free = io::Listener::check_free(address); !free) return free;
  for (const auto& loop : runtime_.loops()) {
    core::Result<io::Listener> listener = io::Listener::open(*loop, address);
    if (!listener) return std::unexpected(listener.error());
    // With port 0 the first listener picks the port that all share.
    address = listener->local_endpoint();
    const auto& acceptor = acceptors_.emplace_back(
        make_acceptor(*loop, std::move(*listener), endpoints_, options, shared_));
    acceptor->set_tls(tls_);
    acceptor->on_handshake_failure([this](const core::IpAddress& peer, std::string_view why) {
      if (!logger_.is_enabled(observability::Level::kDebug)) return;
      const std::string address = peer.to_string();
      logger_.debug("handshake failed", {{"client_ip", address}, {"reason", why}});
    });
  }
  port_ = address.port();
  return {};
}

std::unique_ptr<server::Acceptor> Instance::make_acceptor(io::Loop& loop, io::Listener listener,
                                                          server::Handler& handler,
                                                          const server::Options& options,
                                                          server::AcceptorShared& shared) {
  return std::make_unique<server::Acceptor>(
      loop, std::move(listener), handler, options, shared,
      [this](std::string_view what) { logger_.error("server", {{"reason", what}}); });
}

core::Result<void> Instance::open_admin_listener() {
  const admin::Options& options = configuration().admin;
  if (!options.enabled) return {};
  const io::Endpoint address(io::asio::ip::make_address(options.address), options.port);
  const auto named = [](const core::Error& error) {
    return core::failure(error.code, "admin listener: " + error.detail + " (admin.port)");
  };
  if (auto free = io::Listener::check_free(address); !free) return named(free.error());
  core::Result<io::Listener> opened = io::Listener::open(runtime_.control(), address);
  if (!opened) return named(opened.error());
  admin_port_ = opened->local_endpoint().port();
  admin_acceptor_ = make_acceptor(runtime_.control(), *std::move(opened), admin_handler_,
                                  admin_server_options(), admin_shared_);
  return {};
}

void Instance::end_admin() {
  if (admin_acceptor_ == nullptr) return;
  Runtime::end_on(
      runtime_.control(),
      [this] {
        admin_acceptor_->drain();
        admin_acceptor_->cut();
      },
      [this] { return admin_acceptor_->finished(); });
}

void Instance::begin_drain() {
  process_.is_shutting_down.store(true);
  for (std::size_t index = 0; index < acceptors_.size(); ++index) {
    Runtime::run_on(*runtime_.loops()[index], [&] { acceptors_[index]->drain(); });
  }
}

std::size_t Instance::cut() {
  std::size_t count = 0;
  for (std::size_t index = 0; index < acceptors_.size(); ++index) {
    Runtime::run_on(*runtime_.loops()[index], [&] { count += acceptors_[index]->cut(); });
  }
  // A cut connection ends at the next turn of its loop.
  for (std::size_t index = 0; index < acceptors_.size(); ++index) {
    Runtime::end_on(*runtime_.loops()[index], [] {}, [&] { return acceptors_[index]->finished(); });
  }
  return count;
}

}  // namespace yatagarasu::app
