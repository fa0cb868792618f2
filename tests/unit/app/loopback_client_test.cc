#include "app/loopback_client.h"

#include "core/file_descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>

namespace yatagarasu::app {
namespace {

using ::testing::HasSubstr;

// A port of 127.0.0.1 that answers one connection with fixed bytes.
class CannedServer {
 public:
  explicit CannedServer(std::string answer)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_.get(), generic, size), 0);
    EXPECT_EQ(::listen(socket_.get(), 1), 0);
    EXPECT_EQ(::getsockname(socket_.get(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
  }
  ~CannedServer() {
    if (thread_.joinable()) thread_.join();
  }
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  std::uint16_t port() const { return port_; }
  // The request's head. Ends the server.
  const std::string& received() {
    thread_.join();
    return received_;
  }

 private:
  void serve(std::string_view answer) {
    const core::FileDescriptor connection(::accept(socket_.get(), nullptr, nullptr));
    char buffer[4096];
    while (!received_.contains("\r\n\r\n")) {
      const ssize_t got = ::recv(connection.get(), buffer, sizeof buffer, 0);
      if (got <= 0) return;
      received_.append(buffer, static_cast<std::size_t>(got));
    }
    while (!answer.empty()) {
      const ssize_t sent = ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      answer.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  core::FileDescriptor socket_;
  std::uint16_t port_ = 0;
  std::string received_;
  std::thread thread_;
};

core::Result<Fetched> fetch(const CannedServer& server, std::string method = "GET") {
  return fetch_from_loopback({.port = server.port(),
                              .method = std::move(method),
                              .target = "/a",
                              .fields = {{"Range", "bytes=0-1"}}});
}

TEST(LoopbackClientTest, SendsWhatItIsToldAndReadsTheAnswer) {
  CannedServer server("HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi");

  const Fetched fetched = fetch(server).value();

  const std::string& received = server.received();
  EXPECT_THAT(received, ::testing::StartsWith("GET /a HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(received, HasSubstr("Range: bytes=0-1\r\n"));
  EXPECT_EQ(fetched.status, 206);
  EXPECT_EQ(fetched.reason, "Partial Content");
  EXPECT_EQ(fetched.get("x-a"), "b");
  EXPECT_EQ(fetched.get("x-b"), "");
  EXPECT_EQ(fetched.body_start, "hi");
}

TEST(LoopbackClientTest, KeepsOnlyTheStartOfALargeBody) {
  const CannedServer server("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" +
                            std::string(1'000'000, 'x'));

  const auto fetched = fetch(server);

  ASSERT_TRUE(fetched.has_value());
  EXPECT_EQ(fetched->body_bytes, 1'000'000U);
  EXPECT_EQ(fetched->body_start.size(), Fetched::kKeptBytes);
}

TEST(LoopbackClientTest, ABodyThatEndsEarlyIsAnError) {
  const CannedServer server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");

  EXPECT_FALSE(fetch(server).has_value());
}

TEST(LoopbackClientTest, AHeadHasNoBodyWhateverItsLength) {
  const CannedServer server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");

  EXPECT_TRUE(fetch(server, "HEAD").has_value());
}

TEST(LoopbackClientTest, WhatIsNoHttpIsAnError) {
  const CannedServer nonsense("SSH-2.0-OpenSSH\r\n\r\n");
  const CannedServer silent("");

  EXPECT_FALSE(fetch(nonsense).has_value());
  EXPECT_FALSE(fetch(silent).has_value());
}

}  // namespace
}  // namespace yatagarasu::app
