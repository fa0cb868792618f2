#pragma once

#include "http/codec/h2_abuse.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/tls_server_context.h"
#include "server/acceptor.h"
#include "server/handler.h"
#include "server/options.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace yatagarasu::server {

// A handler whose answers a test supplies; refusals have the reason as their body.
class FakeHandler final : public Handler {
 public:
  std::function<Response(const Request&)> respond = [](const Request&) {
    Response response;
    response.status = 200;
    response.body = std::string("hello");
    return response;
  };

  // Instead, where it is set: what an answer that has to wait comes from.
  std::function<io::Task<Response>(const Request&, io::Loop&)> respond_later;

  Handled handle(const Request& request, io::Loop& loop) override {
    if (respond_later) return respond_later(request, loop);
    return respond(request);
  }
  Response refuse(int status, std::string_view reason, const core::IpAddress&, io::TimePoint,
                  io::Loop&) override {
    Response response;
    response.status = status;
    response.body = std::string(reason);
    return response;
  }
};

// A server on a free port, its loop on a thread of its own.
class TestServer {
 public:
  explicit TestServer(Options options = {}) : options_(std::move(options)) {
    auto listener = io::Listener::open(loop_, {io::asio::ip::make_address("127.0.0.1"), 0});
    endpoint_ = listener->local_endpoint();
    acceptor_ = std::make_unique<Acceptor>(loop_, std::move(*listener), handler, options_, shared_,
                                           [](std::string_view) {});
    thread_ = std::thread([this] { loop_.run(); });
    on_loop([this] { acceptor_->start(); });
  }
  ~TestServer() {
    on_loop([this] {
      acceptor_->drain();
      acceptor_->cut();
    });
    while (!finished()) std::this_thread::yield();
    loop_.stop();
    thread_.join();
  }

  void on_loop(const std::function<void()>& work) {
    std::promise<void> done;
    io::asio::post(loop_.executor(), [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  bool finished() {
    bool is_finished = false;
    on_loop([&] { is_finished = acceptor_->finished(); });
    return is_finished;
  }
  void drain() {
    on_loop([this] { acceptor_->drain(); });
  }
  void set_tls(std::shared_ptr<const io::TlsServerContext> context) {
    on_loop([&] { acceptor_->set_tls(std::move(context)); });
  }
  const io::Endpoint& endpoint() const { return endpoint_; }
  std::uint32_t connections() const { return shared_.connections.load(); }
  std::uint64_t abuses(http::H2Abuse kind) const {
    return shared_.http2_abuses.counts[static_cast<std::size_t>(kind)].load();
  }

  FakeHandler handler;

 private:
  Options options_;
  AcceptorShared shared_;
  io::Loop loop_{0};
  io::Endpoint endpoint_;
  std::unique_ptr<Acceptor> acceptor_;
  std::thread thread_;
};

// A blocking client of exact bytes.
class RawClient {
 public:
  // What its kernel takes of bytes that are not read.
  enum class Room : bool { kUsual, kLittle };

  explicit RawClient(const TestServer& server, Room room = Room::kUsual)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    io::Endpoint endpoint = server.endpoint();
    const int little = 4096;
    if (room == Room::kLittle) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    }
    EXPECT_EQ(::connect(socket_, endpoint.data(), static_cast<socklen_t>(endpoint.size())), 0);
    const timeval limit{.tv_sec = 20,
                        .tv_usec = 0};  // A hang fails the test instead of stopping it.
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(socket_); }

  void send(std::string_view bytes) { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void end() { ::shutdown(socket_, SHUT_WR); }

  // Takes what has come and was not read, and a little more; empty at the end.
  std::string read_some() {
    receive();
    return std::exchange(received_, {});
  }
  // Reads until `text` has come; what was read up to its end.
  std::string read_until(std::string_view text) {
    while (received_.find(text) == std::string::npos && receive()) {
    }
    const std::size_t end = received_.find(text);
    if (end == std::string::npos) return std::exchange(received_, {});
    std::string part = received_.substr(0, end + text.size());
    received_.erase(0, part.size());
    return part;
  }
  std::string read_to_end() {
    while (receive()) {
    }
    return std::exchange(received_, {});
  }

 private:
  bool receive() {
    char buffer[16384];
    const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  std::string received_;
};

}  // namespace yatagarasu::server
