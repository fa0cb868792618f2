#include "app/instance.h"

#include "admin/admin_handler.h"
#include "admin/cache_admin.h"
#include "admin/options.h"
#include "app/issuers.h"
#include "app/runtime.h"
#include "auth/authenticator.h"
#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/options.h"
#include "config/problem.h"
#include "config/snapshot.h"
#include "core/cidr.h"
#include "core/result.h"
#include "crypto/random.h"
#include "io/listener.h"
#include "io/resolver.h"
#include "io/resolver_channel.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "io/tls_ticket_keys.h"
#include "observability/log.h"
#include "observability/logger.h"
#include "observability/options.h"
#include "proxy/cache_counters.h"
#include "proxy/object_cache.h"
#include "proxy/options.h"
#include "proxy/services.h"
#include "routing/route_table.h"
#include "s3/addressing.h"
#include "s3/client.h"
#include "s3/health.h"
#include "s3/prober.h"
#include "server/acceptor.h"
#include "server/handler.h"
#include "server/options.h"
#include "server/tls.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
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

unsigned thread_count(const server::Options& options) {
  return options.threads == 0 ? available_cpus() : options.threads;
}

// Of this process alone: clients choose keys, and must not be able to choose colliding ones.
std::uint64_t random_seed() {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  crypto::random_bytes(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

}  // namespace

Instance::Instance(config::Snapshot snapshot, observability::Log& log)
    : snapshot_(std::move(snapshot)),
      logger_(log.attach()),
      runtime_(thread_count(snapshot_.server)),
      services_(snapshot_.server.max_requests),
      issuers_(runtime_.control(), logger_),
      pipeline_(services_, attach_loggers(log, runtime_.loops().size())),
      endpoints_(health_, pipeline_) {}

Instance::~Instance() {
  if (!is_running_) return;
  begin_drain();
  cut();
  end_admin();
  stop_background();
  runtime_.stop();
}

core::Result<void> Instance::start() {
  services_.trusted_proxies = snapshot_.server.trusted_proxies;
  for (const auto& loop : runtime_.loops()) {
    resolvers_.push_back(std::make_unique<io::Resolver>(*loop, io::ResolverOptions{}));
  }
  resolvers_.push_back(std::make_unique<io::Resolver>(runtime_.control(), io::ResolverOptions{}));
  if (auto built = build_buckets(); !built) return built;
  build_cache_admin();
  if (auto built = build_tls(); !built) return built;
  if (auto opened = open_listeners(); !opened) return opened;
  if (auto opened = open_admin_listener(); !opened) return opened;

  is_running_ = true;
  runtime_.start();
  for (const config::Problem& warning : snapshot_.warnings) {
    logger_.warn("configuration", {{"reason", warning.format()}});
  }
  for (const auto& bucket : services_.buckets) start_probing(*bucket);
  Runtime::run_on(runtime_.control(), [this] { issuers_.start(); });
  for (std::size_t index = 0; index < acceptors_.size(); ++index) {
    Runtime::run_on(*runtime_.loops()[index], [&] { acceptors_[index]->start(); });
  }
  logger_.info("listening", {{"address", snapshot_.server.address}, {"port", port_}});
  if (admin_acceptor_ != nullptr) {
    Runtime::run_on(runtime_.control(), [this] { admin_acceptor_->start(); });
    logger_.info(
        "listening",
        {{"listener", "admin"}, {"address", snapshot_.admin.address}, {"port", admin_port_}});
  }
  return {};
}

void Instance::build_cache() {
  if (snapshot_.cache.max_size.bytes == 0) return;
  services_.cache = std::make_unique<proxy::ObjectCache>(
      snapshot_.cache.max_size, runtime_.loops(), [this](const std::exception_ptr& error) {
        logger_.error("cache", {{"reason", describe(error)}});
      });
}

core::Result<void> Instance::build_buckets() {
  build_cache();
  const std::uint64_t hash_seed = random_seed();
  std::vector<routing::Route> routes;
  for (const proxy::BucketOptions& options : snapshot_.buckets) {
    routes.push_back({options.path_prefix, static_cast<std::uint32_t>(routes.size())});
    auto bucket = std::make_unique<proxy::Bucket>(options, runtime_.loops().size());
    if (options.cache) {
      bucket->cache.emplace(*services_.cache, bucket->options, *options.cache,
                            bucket_ids_.id_of(options.name), hash_seed);
    }
    const core::Result<s3::Address> address = s3::resolve_address(options.s3);
    if (!address) return std::unexpected(address.error());
    const io::TlsClientContext* tls = nullptr;
    if (address->uses_tls) {
      auto context = io::TlsClientContext::create(
          {.ca_file = options.s3.tls.ca_file,
           .verify = options.s3.tls.verify ? io::VerifyPeer::kYes : io::VerifyPeer::kNo});
      if (!context) return std::unexpected(context.error());
      tls = tls_contexts_.emplace_back(std::move(*context)).get();
    }
    for (const auto& loop : runtime_.loops()) {
      add_client(*bucket, *address, tls, *loop, *resolvers_[loop->index()]);
    }
    add_client(*bucket, *address, tls, runtime_.control(), *resolvers_.back());
    if (auto built = build_authenticator(*bucket); !built) return built;
    health_.add(options.name, bucket->health, [&each = *bucket] {
      return each.authenticator == nullptr || each.authenticator->has_keys();
    });
    services_.buckets.push_back(std::move(bucket));
  }
  services_.routes = routing::RouteTable(routes);
  return {};
}

core::Result<void> Instance::build_authenticator(proxy::Bucket& bucket) {
  const std::optional<proxy::AuthOptions>& options = bucket.options.auth;
  if (!options || !options->enabled) return {};
  // The configuration sees to it; a bucket must not be open because it did not.
  if (!options->jwt) return core::failure(core::ErrorCode::kConfiguration, "auth without jwt");
  std::shared_ptr<auth::jwt::JwksKeys> keys;
  if (!options->jwt->jwks_url.empty()) {
    auto fetched = issuers_.keys_for(*options->jwt, *resolvers_.back());
    if (!fetched) return std::unexpected(std::move(fetched.error()));
    keys = *std::move(fetched);
  }
  auto authenticator =
      auth::Authenticator::create(*options->jwt, runtime_.loops().size(), std::move(keys));
  if (!authenticator) return std::unexpected(std::move(authenticator.error()));
  bucket.authenticator = *std::move(authenticator);
  return {};
}

void Instance::add_client(proxy::Bucket& bucket, const s3::Address& address,
                          const io::TlsClientContext* tls, io::Loop& loop, io::Resolver& resolver) {
  const auto loops = static_cast<unsigned>(runtime_.loops().size());
  bucket.clients.push_back(
      std::make_unique<s3::Client>(loop, resolver, bucket.options.s3, address, tls, loops));
}

core::Result<void> Instance::build_tls() {
  ticket_keys_ = std::make_shared<io::TlsTicketKeys>(io::Clock::now());
  auto loaded = server::load_tls(snapshot_.server, ticket_keys_);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  tls_ = *std::move(loaded);
  return {};
}

core::Result<void> Instance::open_listeners() {
  const server::Options& options = snapshot_.server;
  io::Endpoint address(io::asio::ip::make_address(options.address), options.port);
  if (auto free = io::Listener::check_free(address); !free) return free;
  for (const auto& loop : runtime_.loops()) {
    core::Result<io::Listener> listener = io::Listener::open(*loop, address);
    if (!listener) return std::unexpected(listener.error());
    // With port 0 the first listener picks the port that all share.
    address = listener->local_endpoint();
    server::Handler& handler =
        options.health_endpoints ? static_cast<server::Handler&>(endpoints_) : pipeline_;
    const auto& acceptor = acceptors_.emplace_back(
        make_acceptor(*loop, std::move(*listener), handler, snapshot_.server, shared_));
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

void Instance::build_cache_admin() {
  if (services_.cache == nullptr) return;
  cache_admin_ =
      std::make_unique<admin::CacheAdmin>(services_.cache->tier(), services_.cache->coalescer());
  for (const auto& bucket : services_.buckets) {
    const std::optional<proxy::BucketCache>& cached = bucket->cache;
    if (!cached) continue;
    cache_admin_->add({.name = bucket->options.name,
                       .space = cached->space(),
                       .id = cached->id(),
                       .requests = [&counters = bucket->cache_counters] {
                         const proxy::CacheCounters::Sums sums = counters.sums();
                         return admin::CacheAdmin::Requests{.by_outcome = sums.by_outcome,
                                                            .collapsed = sums.collapsed};
                       }});
  }
}

core::Result<void> Instance::open_admin_listener() {
  const admin::Options& options = snapshot_.admin;
  if (!options.enabled) return {};
  const io::Endpoint address(io::asio::ip::make_address(options.address), options.port);
  const auto named = [](const core::Error& error) {
    return core::failure(error.code, "admin listener: " + error.detail + " (admin.port)");
  };
  if (auto free = io::Listener::check_free(address); !free) return named(free.error());
  core::Result<io::Listener> opened = io::Listener::open(runtime_.control(), address);
  if (!opened) return named(opened.error());
  admin_port_ = opened->local_endpoint().port();
  std::vector<std::string> names;
  names.reserve(services_.buckets.size());
  for (const auto& bucket : services_.buckets) names.push_back(bucket->options.name);
  admin_handler_ = std::make_unique<admin::AdminHandler>(
      admin::AdminHandler::Parts{.options = options,
                                 .health = health_,
                                 .cache = cache_admin_.get(),
                                 .buckets = std::move(names)});
  admin_server_.max_connections = kMaxAdminConnections;
  admin_server_.keeps_bodies = true;
  admin_acceptor_ = make_acceptor(runtime_.control(), *std::move(opened), *admin_handler_,
                                  admin_server_, admin_shared_);
  return {};
}

void Instance::end_admin() {
  if (admin_acceptor_ == nullptr) return;
  Runtime::run_on(runtime_.control(), [this] {
    admin_acceptor_->drain();
    admin_acceptor_->cut();
  });
  bool is_finished = false;
  while (!is_finished) {
    Runtime::run_on(runtime_.control(), [&] { is_finished = admin_acceptor_->finished(); });
  }
}

void Instance::start_probing(proxy::Bucket& bucket) {
  s3::Prober& prober = *probers_.emplace_back(std::make_unique<s3::Prober>(
      runtime_.control(), *bucket.clients.back(), bucket.health,
      [this, &name = bucket.options.name](s3::BucketState state, std::string_view detail) {
        if (state == s3::BucketState::kUp) {
          logger_.info("bucket is up", {{"bucket", name}});
        } else {
          logger_.error("bucket is down", {{"bucket", name}, {"reason", detail}});
        }
      }));
  Runtime::run_on(runtime_.control(), [&] { prober.start(); });
}

void Instance::stop_background() {
  Runtime::run_on(runtime_.control(), [this] {
    for (const auto& prober : probers_) prober->request_stop();
    issuers_.request_stop();
  });
  // Each ends at the next turn of the loop: its pending operation has been cancelled.
  bool is_finished = false;
  while (!is_finished) {
    Runtime::run_on(runtime_.control(), [&] {
      is_finished = issuers_.finished() && std::ranges::all_of(probers_, [](const auto& each) {
                      return each->finished();
                    });
    });
  }
}

void Instance::begin_drain() {
  health_.begin_shutdown();
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
  bool is_finished = false;
  while (!is_finished) {
    is_finished = true;
    for (std::size_t index = 0; index < acceptors_.size(); ++index) {
      Runtime::run_on(*runtime_.loops()[index],
                      [&] { is_finished = is_finished && acceptors_[index]->finished(); });
    }
  }
  stop_fills();
  return count;
}

void Instance::stop_fills() {
  if (services_.cache == nullptr) return;
  proxy::ObjectCache& cache = *services_.cache;
  for (const auto& loop : runtime_.loops()) {
    bool is_finished = false;
    Runtime::run_on(*loop, [&] { cache.request_stop(*loop); });
    while (!is_finished) Runtime::run_on(*loop, [&] { is_finished = cache.finished(*loop); });
  }
}

}  // namespace yatagarasu::app
