#include "server/tls.h"

#include "io/task.h"
#include "io/tls_server_context.h"
#include "io/tls_ticket_keys.h"
#include "server/handler.h"
#include "server/options.h"
#include "support/certificates.h"
#include "support/tls_client.h"
#include "unit/server/test_server.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <thread>

namespace yatagarasu::server {
namespace {

using std::chrono_literals::operator""ms;
using support::CertificateAuthority;
using support::IdentityFiles;
using support::TlsClient;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

class TlsListenerTest : public ::testing::Test {
 protected:
  using Context = std::shared_ptr<const io::TlsServerContext>;

  Context load(const IdentityFiles& files, const std::string& client_ca = "") {
    Options options;
    options.tls = {.certificate = files.certificate(),
                   .private_key = files.private_key(),
                   .client_ca = client_ca};
    return load_tls(options, keys_).value();
  }
  static std::uint16_t port(const TestServer& server) { return server.endpoint().port(); }

  CertificateAuthority authority_;
  std::shared_ptr<io::TlsTicketKeys> keys_ = std::make_shared<io::TlsTicketKeys>(io::Clock::now());
  IdentityFiles first_{authority_.issue({.names = "DNS:first.test"})};
  IdentityFiles second_{authority_.issue({.names = "DNS:second.test"})};
};

TEST_F(TlsListenerTest, AConnectionKeepsWhatItBeganWithAndTheNextHasTheNew) {
  TestServer server;
  server.set_tls(load(first_));
  TlsClient early(port(server), {});
  server.set_tls(load(second_));

  TlsClient late(port(server), {});

  EXPECT_EQ(early.certificate_name(), "first.test");
  EXPECT_EQ(late.certificate_name(), "second.test");
  for (TlsClient* const client : {&early, &late}) {
    client->send(kRequest);
    EXPECT_THAT(client->read(15), StartsWith("HTTP/1.1 200 OK"));
  }
}

TEST_F(TlsListenerTest, AHandlerSeesWhoTheClientIs) {
  TestServer server;
  server.handler.respond = [](const Request& request) {
    Response response;
    response.status = 200;
    response.body = "you are " + std::string(request.tls_subject) + ".";
    response.close = true;
    return response;
  };
  server.set_tls(load(first_, authority_.file()));
  const support::Identity identity = authority_.issue();

  TlsClient client(port(server), {.identity = &identity});
  client.send(kRequest);

  EXPECT_THAT(client.read_to_end(), EndsWith("you are CN=Test server."));
}

TEST_F(TlsListenerTest, PlainHttpIsToldSo) {
  TestServer server;
  server.set_tls(load(first_));
  RawClient client(server);

  client.send(kRequest);

  const std::string answer = client.read_to_end();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, HasSubstr("https://"));
}

TEST_F(TlsListenerTest, ADrainEndsHandshakesThatAreUnderWay) {
  TestServer server;
  server.set_tls(load(first_));
  RawClient silent(server);
  RawClient begun(server);
  begun.send("\x16\x03\x01");
  while (server.connections() < 2) std::this_thread::yield();

  server.drain();

  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(begun.read_to_end(), "");
  while (!server.finished()) std::this_thread::yield();
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(TlsListenerTest, HandshakesBeyondTheLimitWaitInTheAcceptQueue) {
  constexpr rlim_t kNeeded = 2'200;  // Both ends of each are here.
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  if (descriptors.rlim_max < kNeeded) GTEST_SKIP() << "too few descriptors";
  descriptors.rlim_cur = descriptors.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
  Options options;
  options.timeouts.header = 60'000ms;
  TestServer server(options);
  server.set_tls(load(first_));
  std::list<RawClient> silent;
  for (int i = 0; i < 1'024; ++i) silent.emplace_back(server);
  while (server.connections() < 1'024) std::this_thread::yield();

  std::future<bool> late =
      std::async(std::launch::async, [&] { return TlsClient(port(server), {}).is_connected(); });

  EXPECT_EQ(late.wait_for(100ms), std::future_status::timeout);
  silent.pop_front();
  EXPECT_TRUE(late.get());
}

TEST_F(TlsListenerTest, OptionsWithoutTlsHaveNoContext) {
  EXPECT_EQ(load_tls(Options(), keys_).value(), nullptr);
}

TEST_F(TlsListenerTest, FilesThatAreOfNoUseAreNamed) {
  Options options;
  options.tls = {.certificate = first_.certificate(), .private_key = second_.private_key()};

  const auto loaded = load_tls(options, keys_);

  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, core::ErrorCode::kConfiguration);
  EXPECT_THAT(loaded.error().detail, HasSubstr(second_.private_key()));
}

}  // namespace
}  // namespace yatagarasu::server
