#include "client/origin.h"

#include "client/course.h"
#include "client/fetch.h"
#include "client/response_stream.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/tcp_stream.h"
#include "io/tls_client.h"
#include "support/certificates.h"
#include "support/fake_dns.h"
#include "support/run.h"
#include "support/scripted_origin.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::client {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using core::ErrorCode;
using support::Script;
using support::ScriptedOrigin;
using ::testing::HasSubstr;

constexpr std::string_view kRequest = "GET /key HTTP/1.1\r\nHost: bucket\r\n\r\n";
constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class OriginTest : public ::testing::Test {
 protected:
  using Sent = core::Result<std::unique_ptr<ResponseStream>>;

  Origin& connect_to(std::uint16_t port) {
    options_.port = port;
    origin_ = std::make_unique<Origin>(loop_, resolver_, options_);
    return *origin_;
  }

  static io::Task<Sent> send(Origin& origin, OutgoingRequest request) {
    co_return co_await origin.send(request);
  }
  Sent send(io::TimePoint deadline = io::kNever) {
    const OutgoingRequest request{.head = kRequest, .deadline = deadline};
    return support::run(loop_, send(*origin_, request));
  }

  static io::Task<std::string> fetch(Origin& origin) {
    const OutgoingRequest request{.head = kRequest};
    const Sent sent = co_await origin.send(request);
    if (!sent) co_return sent.error().detail;
    ResponseStream& response = **sent;
    co_return co_await read_up_to(response, 1'000'000);
  }
  // The body, or what went wrong.
  std::string fetch() { return support::run(loop_, fetch(*origin_)); }

  static io::Task<void> collect(Origin& origin, std::vector<std::string>& bodies) {
    bodies.push_back(co_await fetch(origin));
  }

  static OriginOptions options() {
    OriginOptions options;
    options.host = "127.0.0.1";
    options.connect_timeout = 5s;
    options.first_byte_timeout = 5s;
    options.stall_timeout = 5s;
    options.max_connections = 4;
    options.max_idle = 4;
    return options;
  }

  support::FakeDns dns_;
  io::Loop loop_{0};
  io::Resolver resolver_{loop_, {.servers = {dns_.endpoint()}}};
  OriginOptions options_ = options();
  std::unique_ptr<Origin> origin_;
  io::TaskGroup tasks_{loop_.executor(), [](const std::exception_ptr&) { FAIL(); }};
};

TEST_F(OriginTest, SendsTheHeadAsItIsAndReadsTheAnswer) {
  const ScriptedOrigin server({Script().answer(kOk)});
  connect_to(server.port());

  EXPECT_EQ(fetch(), "ok");
  EXPECT_THAT(server.heads(), ::testing::ElementsAre(kRequest));
}

TEST_F(OriginTest, KeepsTheConnectionForTheNextRequest) {
  const ScriptedOrigin server({Script().answer(kOk).answer(kOk).answer(kOk).hold()});
  connect_to(server.port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(fetch(), "ok");

  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(origin_->counters().opened, 1U);
  EXPECT_EQ(origin_->counters().reused, 2U);
  EXPECT_EQ(origin_->counters().in_use, 0U);
}

TEST_F(OriginTest, SendsARequestOnceMoreWhenAKeptConnectionHasDied) {
  const ScriptedOrigin server({Script().answer(kOk), Script().answer(kOk).hold()});
  connect_to(server.port());
  EXPECT_EQ(fetch(), "ok");
  server.wait_for_ended(1);

  EXPECT_EQ(fetch(), "ok");
  EXPECT_EQ(server.connections(), 2U);
  EXPECT_EQ(origin_->counters().in_use, 0U);
}

TEST_F(OriginTest, SendsARequestOnceMoreWhenAKeptConnectionIsReset) {
  const ScriptedOrigin server(
      {Script().answer(kOk).receive().reset(), Script().answer(kOk).hold()});
  connect_to(server.port());
  EXPECT_EQ(fetch(), "ok");

  EXPECT_EQ(fetch(), "ok");
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(OriginTest, SendsARequestOnceMoreWhenAKeptConnectionIsGivenUpByTheServer) {
  const ScriptedOrigin server(
      {Script().answer(kOk).answer("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                                   "Content-Length: 0\r\n\r\n"),
       Script().answer(kOk).hold()});
  connect_to(server.port());
  EXPECT_EQ(fetch(), "ok");

  EXPECT_EQ(fetch(), "ok");
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(OriginTest, SendsARequestOnlyOnceMore) {
  const ScriptedOrigin server({Script().answer(kOk), Script().receive()});
  connect_to(server.port());
  EXPECT_EQ(fetch(), "ok");
  server.wait_for_ended(1);

  EXPECT_EQ(fetch(), "the connection was closed before the answer");
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(OriginTest, DoesNotRepeatARequestThatANewConnectionLost) {
  const ScriptedOrigin server({Script().receive()});
  connect_to(server.port());

  const Sent sent = send();

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kOriginUnreachable);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(OriginTest, DoesNotRepeatARequestWhoseAnswerHasBegun) {
  const ScriptedOrigin server({Script().answer(kOk).answer("H")});
  connect_to(server.port());
  EXPECT_EQ(fetch(), "ok");

  EXPECT_EQ(fetch(), "the connection was closed within the answer's head");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(OriginTest, TellsAnAnswerThatIsCutAtAnyByte) {
  const std::string answer = kOk;
  for (std::size_t bytes = 0; bytes < answer.size(); ++bytes) {
    const ScriptedOrigin server({Script().answer(answer.substr(0, bytes))});
    connect_to(server.port());

    const Sent sent = send();
    core::Result<std::string_view> body;
    if (sent) {
      (*sent)->ready();
      body = support::run(loop_, (*sent)->next());
    }

    const auto& error = sent ? body.error() : sent.error();
    EXPECT_EQ(error.code, ErrorCode::kOriginUnreachable) << bytes << ": " << error.detail;
  }
}

TEST_F(OriginTest, WaitsForTheAnswerNoLongerThanAllowed) {
  const ScriptedOrigin server({Script().receive().hold()});
  options_.first_byte_timeout = 40ms;
  connect_to(server.port());

  const Sent sent = send();

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kOriginTimeout);
  EXPECT_EQ(origin_->counters().in_use, 0U);
}

TEST_F(OriginTest, WaitsForTheWholeHeadNoLongerThanAllowed) {
  const ScriptedOrigin server({Script().answer("HTTP/1.1 200 OK\r\n").hold()});
  options_.first_byte_timeout = 40ms;
  connect_to(server.port());

  const Sent sent = send();

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kOriginTimeout);
}

TEST_F(OriginTest, DoesNotRepeatARequestThatTimedOut) {
  const ScriptedOrigin server({Script().answer(kOk).receive().hold()});
  options_.first_byte_timeout = 40ms;
  connect_to(server.port());
  EXPECT_EQ(fetch(), "ok");

  const Sent sent = send();

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kOriginTimeout);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(OriginTest, WaitsForTheBodyNoLongerThanAllowed) {
  const ScriptedOrigin server(
      {Script().answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").hold()});
  options_.stall_timeout = 40ms;
  connect_to(server.port());

  const Sent sent = send();
  ASSERT_TRUE(sent);
  const auto body = support::run(loop_, (*sent)->next());

  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ErrorCode::kOriginTimeout);
}

TEST_F(OriginTest, TheDeadlineOfTheRequestEndsItsBodyToo) {
  const ScriptedOrigin server(
      {Script().answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").hold()});
  connect_to(server.port());

  const Sent sent = send(io::Clock::now() + 100ms);
  ASSERT_TRUE(sent);
  const auto body = support::run(loop_, (*sent)->next());

  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ErrorCode::kOriginTimeout);
}

TEST_F(OriginTest, SaysWhoRefusesTheConnection) {
  std::uint16_t port = 0;
  {
    const ScriptedOrigin server({Script()});
    port = server.port();
  }
  connect_to(port);

  const Sent sent = send();

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kOriginUnreachable);
  EXPECT_THAT(sent.error().detail,
              HasSubstr("127.0.0.1 (127.0.0.1:" + std::to_string(port) + "): connect: "));
  EXPECT_EQ(origin_->counters().in_use, 0U);
}

TEST_F(OriginTest, TriesEveryAddressOfAName) {
  const ScriptedOrigin server({Script().answer(kOk).hold()});
  // Only the last one listens.
  dns_.set("s3.example.test", {.addresses = {"127.0.0.3", "127.0.0.2", "127.0.0.1"}});
  options_.host = "s3.example.test";
  options_.max_idle = 0;
  connect_to(server.port());
  for (int i = 0; i < 3; ++i) {
    const std::string body = fetch();
    EXPECT_TRUE(body == "ok") << body;
  }

  EXPECT_EQ(server.connections(), 3U);
}

TEST_F(OriginTest, ANewConnectionGoesToAnAvoidedAddressOnlyWhereThereIsNoOther) {
  const std::vector<Script> scripts = {Script().answer(kOk).hold()};
  const ScriptedOrigin first(scripts);
  const ScriptedOrigin second(scripts, 2, first.port());
  const std::vector<io::Endpoint> avoided = {
      {io::asio::ip::make_address("127.0.0.1"), first.port()}};
  const OutgoingRequest request{
      .head = kRequest, .connection = Connection::kNew, .avoided = avoided};
  dns_.set("s3.example.test", {.addresses = {"127.0.0.1", "127.0.0.2"}});
  options_.host = "s3.example.test";
  connect_to(first.port());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(support::run(loop_, send(*origin_, request)));

  EXPECT_EQ(first.connections(), 0U);
  EXPECT_EQ(second.connections(), 4U);

  options_.host = "127.0.0.1";
  connect_to(first.port());

  EXPECT_TRUE(support::run(loop_, send(*origin_, request)));
}

TEST_F(OriginTest, TellsHowFarARequestCame) {
  const ScriptedOrigin server({Script().receive().reset()});
  const OutgoingRequest request{.head = kRequest};
  connect_to(server.port());
  Course lost;
  static_cast<void>(support::run(loop_, origin_->send(request, lost)));
  options_.host = "nowhere.example.test";
  connect_to(80);
  Course unknown;
  static_cast<void>(support::run(loop_, origin_->send(request, unknown)));

  EXPECT_EQ(lost.stage, Stage::kExchanging);
  EXPECT_EQ(lost.address, io::Endpoint(io::asio::ip::make_address("127.0.0.1"), server.port()));
  EXPECT_EQ(unknown.stage, Stage::kConnecting);
  EXPECT_EQ(unknown.address, std::nullopt);
}

TEST_F(OriginTest, SaysThatTheNameDoesNotExist) {
  options_.host = "nowhere.example.test";
  connect_to(80);

  const Sent sent = send();

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kOriginUnreachable);
  EXPECT_THAT(sent.error().detail, HasSubstr("nowhere.example.test: dns: "));
}

TEST_F(OriginTest, CountsTheLookupAsPartOfConnecting) {
  dns_.silence();
  options_.host = "s3.example.test";
  options_.connect_timeout = 40ms;
  connect_to(80);

  const Sent sent = send();

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kOriginTimeout);
}

TEST_F(OriginTest, OpensNoMoreConnectionsThanAllowed) {
  // One connection may have to serve all.
  Script script;
  for (int i = 0; i < 5; ++i) script.answer(kOk);
  const ScriptedOrigin server({script.hold()});
  options_.max_connections = 2;
  connect_to(server.port());
  std::vector<std::string> bodies;
  for (int i = 0; i < 5; ++i) tasks_.spawn(collect(*origin_, bodies));
  support::run(loop_, tasks_.join());

  EXPECT_EQ(bodies, std::vector<std::string>(5, "ok"));
  EXPECT_LE(server.connections(), 2U);
  EXPECT_EQ(origin_->counters().waiting, 0U);
}

TEST_F(OriginTest, SaysThatAllConnectionsAreInUse) {
  const ScriptedOrigin server(
      {Script().answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").hold()});
  options_.max_connections = 1;
  options_.wait_timeout = 40ms;
  connect_to(server.port());
  const Sent busy = send();
  ASSERT_TRUE(busy);

  const Sent sent = send();

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kOverloaded);
}

TEST_F(OriginTest, ACancelledRequestFreesItsConnection) {
  const ScriptedOrigin server({Script().receive().hold()});
  connect_to(server.port());
  std::vector<std::string> bodies;
  tasks_.spawn(collect(*origin_, bodies));
  support::run_until(loop_, [&] { return origin_->counters().opened == 1; });

  support::stop(loop_, tasks_);
  server.wait_for_ended(1);

  EXPECT_TRUE(bodies.empty());
  EXPECT_EQ(origin_->counters().in_use, 0U);
  EXPECT_EQ(origin_->counters().idle, 0U);
}

TEST_F(OriginTest, ARequestCancelledWhileItConnectsFreesItsSlot) {
  dns_.silence();
  options_.host = "s3.example.test";
  connect_to(80);
  std::vector<std::string> bodies;
  tasks_.spawn(collect(*origin_, bodies));
  support::run_until(loop_, [&] { return origin_->counters().in_use == 1; });

  support::stop(loop_, tasks_);

  EXPECT_EQ(origin_->counters().in_use, 0U);
}

TEST_F(OriginTest, ABodyThatIsGivenUpClosesItsConnection) {
  const ScriptedOrigin server(
      {Script().answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n012").hold()});
  connect_to(server.port());
  Sent sent = send();
  ASSERT_TRUE(sent);

  sent->reset();
  server.wait_for_ended(1);

  EXPECT_EQ(origin_->counters().in_use, 0U);
}

TEST_F(OriginTest, ClosingItClosesIdleConnectionsAndSendsNoMore) {
  const ScriptedOrigin server({Script().answer(kOk).hold()});
  connect_to(server.port());
  EXPECT_EQ(fetch(), "ok");

  origin_->close();
  server.wait_for_ended(1);

  const Sent sent = send();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kShuttingDown);
}

TEST_F(OriginTest, ALargeBodyArrivesWhole) {
  const std::string large(3'000'000, 'x');
  const ScriptedOrigin server(
      {Script().answer("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + large).hold()});
  connect_to(server.port());
  const Sent sent = send();
  ASSERT_TRUE(sent);

  EXPECT_EQ(support::run(loop_, read_up_to(**sent, 4'000'000)), large);
  EXPECT_EQ(origin_->counters().idle, 1U);
}

class TlsOriginTest : public OriginTest {
 protected:
  support::CertificateAuthority authority_;
  std::unique_ptr<io::TlsClientContext> tls_ =
      io::TlsClientContext::create({.ca_file = authority_.file()}).value();
};

TEST_F(TlsOriginTest, KeepsTheConnectionForTheNextRequest) {
  const ScriptedOrigin server({Script().answer(kOk).answer(kOk).hold()}, authority_.issue());
  options_.tls = tls_.get();
  connect_to(server.port());
  EXPECT_EQ(fetch(), "ok");
  EXPECT_EQ(fetch(), "ok");

  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(TlsOriginTest, SendsARequestOnceMoreWhenAKeptConnectionHasDied) {
  const ScriptedOrigin server({Script().answer(kOk), Script().answer(kOk).hold()},
                              authority_.issue());
  options_.tls = tls_.get();
  connect_to(server.port());
  EXPECT_EQ(fetch(), "ok");
  server.wait_for_ended(1);

  EXPECT_EQ(fetch(), "ok");
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(TlsOriginTest, SaysWhatIsWrongWithTheCertificate) {
  const ScriptedOrigin server({Script().hold()}, authority_.issue({.names = "DNS:other.test"}));
  options_.tls = tls_.get();
  connect_to(server.port());

  EXPECT_THAT(fetch(), HasSubstr("tls: the certificate is for another host"));
}

TEST_F(TlsOriginTest, DoesNotTakeACutConnectionForTheEndOfABody) {
  const ScriptedOrigin server({Script().answer("HTTP/1.1 200 OK\r\n\r\nhalf").cut()},
                              authority_.issue());
  options_.tls = tls_.get();
  connect_to(server.port());
  const Sent sent = send();
  ASSERT_TRUE(sent);

  core::Result<std::string_view> piece = (*sent)->ready();
  while (piece && !piece->empty()) piece = support::run(loop_, (*sent)->next());

  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().code, ErrorCode::kOriginUnreachable);
  EXPECT_THAT(piece.error().detail, HasSubstr("body cut after 4 bytes"));
}

}  // namespace
}  // namespace yatagarasu::client
