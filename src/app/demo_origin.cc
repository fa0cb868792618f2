#include "app/demo_origin.h"

#include "app/runtime.h"
#include "core/ascii.h"
#include "core/result.h"
#include "core/secret.h"
#include "crypto/random.h"
#include "devs3/directory_store.h"
#include "devs3/options.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/tcp_stream.h"
#include "s3/options.h"
#include "server/acceptor.h"

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::app {
namespace {

std::string random_hex() {
  std::array<std::uint8_t, 20> bytes{};
  crypto::random_bytes(bytes);
  return core::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

devs3::Options make_options() {
  return {.bucket = "demo-bucket",
          .region = "us-east-1",
          .access_key = core::Secret(random_hex()),
          .secret_key = core::Secret(random_hex())};
}

}  // namespace

DemoOrigin::DemoOrigin(devs3::DirectoryStore store)
    : options_(make_options()), store_(std::move(store)), handler_(store_, options_), runtime_(1) {}

core::Result<std::unique_ptr<DemoOrigin>> DemoOrigin::start(const std::string& directory) {
  core::Result<devs3::DirectoryStore> store = devs3::DirectoryStore::open(directory);
  if (!store) return std::unexpected(std::move(store.error()));
  std::unique_ptr<DemoOrigin> origin(new DemoOrigin(std::move(*store)));
  if (auto listening = origin->listen(); !listening) {
    return std::unexpected(std::move(listening.error()));
  }
  return origin;
}

core::Result<void> DemoOrigin::listen() {
  io::Loop& loop = *runtime_.loops().front();
  core::Result<io::Listener> listener =
      io::Listener::open(loop, {io::asio::ip::address_v4::loopback(), 0});
  if (!listener) return std::unexpected(std::move(listener.error()));
  port_ = listener->local_endpoint().port();
  acceptor_ = std::make_unique<server::Acceptor>(
      loop, std::move(*listener), handler_, server_options_, shared_,
      [](std::string_view what) { fmt::print(stderr, "demo origin: {}\n", what); });
  runtime_.start();
  Runtime::run_on(loop, [this] { acceptor_->start(); });
  return {};
}

DemoOrigin::~DemoOrigin() {
  if (!acceptor_) return;
  io::Loop& loop = *runtime_.loops().front();
  Runtime::run_on(loop, [this] {
    acceptor_->drain();
    acceptor_->cut();
  });
  // A cut connection ends at the next turn of its loop.
  bool is_finished = false;
  while (!is_finished) {
    Runtime::run_on(loop, [&] { is_finished = acceptor_->finished(); });
  }
  runtime_.stop();
}

s3::Options DemoOrigin::client_options() const {
  s3::Options options;
  options.bucket = options_.bucket;
  options.region = options_.region;
  options.endpoint = fmt::format("http://127.0.0.1:{}", port_);
  options.addressing = s3::Addressing::kPath;
  options.access_key = options_.access_key;
  options.secret_key = options_.secret_key;
  return options;
}

}  // namespace yatagarasu::app
