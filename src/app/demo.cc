#include "app/demo.h"

#include "app/demo_origin.h"
#include "app/demo_sample.h"
#include "app/demo_token.h"
#include "app/demo_transcript.h"
#include "app/instance.h"
#include "app/serve.h"
#include "auth/jwt/options.h"
#include "config/snapshot.h"
#include "core/result.h"
#include "core/secret.h"
#include "crypto/algorithm.h"
#include "io/listener.h"
#include "io/tcp_stream.h"
#include "observability/log.h"
#include "observability/options.h"
#include "proxy/options.h"

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/core.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <signal.h>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::app {
namespace {

constexpr std::string_view kPathPrefix = "/demo";
constexpr std::string_view kPrivatePrefix = "/private";
constexpr std::chrono::hours kTokenLife{1};
// Long enough for the transcript, short enough that a file that is changed is soon seen.
constexpr std::chrono::seconds kCached{10};
constexpr std::uint16_t kUsualPort = 8080;

// The signals that end the demo; blocked in every thread, so that its directory is removed.
sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// The usual port when it can be had, else a free one.
std::uint16_t choose_port(const DemoOptions& options) {
  if (options.once) return 0;  // Nobody has the time to come.
  const io::Endpoint usual(io::asio::ip::address_v4::loopback(), kUsualPort);
  return io::Listener::check_free(usual) ? kUsualPort : 0;
}

config::Snapshot make_configuration(const DemoOptions& options, const DemoOrigin& origin,
                                    const std::string& secret) {
  proxy::BucketOptions bucket;
  bucket.name = "demo";
  bucket.path_prefix = kPathPrefix;
  bucket.s3 = origin.client_options();
  bucket.index_document = "index.html";
  bucket.cache.emplace().default_ttl = kCached;

  proxy::BucketOptions closed = bucket;
  closed.name = "private";
  closed.path_prefix = kPrivatePrefix;
  auth::jwt::Options jwt;
  jwt.algorithms = {crypto::SignatureAlgorithm::kHs256};
  jwt.secret = core::Secret(secret);
  closed.auth = {.enabled = true, .jwt = std::move(jwt)};

  config::Snapshot snapshot;
  snapshot.admin.enabled = false;
  snapshot.server.address = "127.0.0.1";
  snapshot.server.port = choose_port(options);
  snapshot.logging.level = observability::Level::kWarn;
  snapshot.logging.format = observability::Format::kText;
  snapshot.logging.access_log = false;
  snapshot.logging.output = "stderr";
  snapshot.buckets.push_back(std::move(bucket));
  snapshot.buckets.push_back(std::move(closed));
  return snapshot;
}

void print_error(const core::Error& error) {
  fmt::print(stderr, "yatagarasu demo: {}\n", error.detail);
}

// Shows the requests, and whether all went well.
bool present(const DemoPlaces& places, const std::string& directory, const DemoObjects& objects) {
  fmt::print("Yatagarasu demo\n\n");
  fmt::print("  directory  {}\n", directory);
  fmt::print("  origin     http://127.0.0.1:{}/{}  (S3 on loopback, signatures checked)\n",
             places.origin_port, places.bucket);
  fmt::print("  proxy      http://127.0.0.1:{}{}/\n", places.proxy_port, places.path_prefix);
  fmt::print("  with token http://127.0.0.1:{}{}/  (the same objects, behind a JWT)\n\n",
             places.proxy_port, places.private_prefix);
  if (objects.empty()) {
    fmt::print("The directory holds no file yet; what is put into it can be fetched at once.\n\n");
    return true;
  }
  return show_requests(stdout, places, objects);
}

int run(const DemoOptions& options, const std::string& directory, DemoOrigin& origin) {
  const sigset_t signals = ending_signals();
  const std::string secret = make_demo_secret();
  config::Snapshot configuration = make_configuration(options, origin, secret);
  auto log = observability::Log::open(configuration.logging);
  if (!log) {
    print_error(log.error());
    return kExitFailed;
  }
  Instance instance(std::move(configuration), **log);
  if (const auto started = instance.start(); !started) {
    print_error(started.error());
    return kExitFailed;
  }
  const core::Result<DemoObjects> objects = choose_objects(origin.store());
  if (!objects) {
    print_error(objects.error());
    return kExitFailed;
  }

  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const DemoPlaces places{.proxy_port = instance.port(),
                          .path_prefix = std::string(kPathPrefix),
                          .private_prefix = std::string(kPrivatePrefix),
                          .token = make_demo_token(secret, "visitor", now + kTokenLife),
                          .expired_token = make_demo_token(secret, "visitor", now - kTokenLife),
                          .origin_port = origin.port(),
                          .bucket = origin.bucket()};
  const bool is_right = present(places, directory, *objects);
  if (!is_right || options.once) return is_right ? kExitFine : kExitFailed;

  show_hints(stdout, places, *objects);
  fmt::print(
      "\nFor a bucket of your own: fill in config/minimal.yaml, then\n"
      "  yatagarasu serve -c config/minimal.yaml\n\nCtrl-C ends the demo.\n");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  return kExitFine;
}

}  // namespace

int demo(const DemoOptions& options) {
  const sigset_t signals = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  std::optional<SampleDirectory> sample;
  std::string directory = options.directory;
  if (directory.empty()) {
    core::Result<SampleDirectory> created = SampleDirectory::create();
    if (!created) {
      print_error(created.error());
      return kExitFailed;
    }
    directory = sample.emplace(std::move(*created)).path();
  }
  const auto origin = DemoOrigin::start(directory);
  if (!origin) {
    print_error(origin.error());
    return options.directory.empty() ? kExitFailed : kExitBadUsage;
  }
  return run(options, directory, **origin);
}

}  // namespace yatagarasu::app
