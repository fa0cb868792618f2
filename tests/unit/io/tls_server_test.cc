#include "io/tls_server.h"

#include "core/result.h"
#include "io/listener.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/task.h"
#include "io/tcp_stream.h"
#include "io/tls_server_context.h"
#include "io/tls_server_options.h"
#include "io/tls_ticket_keys.h"
#include "support/certificates.h"
#include "support/run.h"
#include "support/tls_client.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>
#include <openssl/tls1.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <netinet/in.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace yatagarasu::io {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using support::CertificateAuthority;
using support::IdentityFiles;
using support::TlsClient;
using ::testing::HasSubstr;

constexpr const char* kHttp11 = "\x08http/1.1";

std::chrono::sys_seconds today() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

class TlsServerTest : public ::testing::Test {
 protected:
  using Accepted = core::Result<std::unique_ptr<Stream>>;
  using Context = std::shared_ptr<const TlsServerContext>;

  TlsServerOptions options() const {
    return {.certificate = files_.certificate(), .private_key = files_.private_key()};
  }
  Context load(const TlsServerOptions& options,
               const std::vector<std::string>& protocols = {"http/1.1"}) {
    TlsServerContext::Loaded loaded = TlsServerContext::load(options, protocols, keys_, today());
    for (const TlsFinding& finding : loaded.findings) ADD_FAILURE() << finding.what;
    return loaded.context;
  }

  // Accepts one connection, whose other end `client` has in a thread of its own until serve() is
  // done with it.
  using Client = std::function<void(std::uint16_t port)>;
  Accepted accept(const Context& context, const Client& client, Duration timeout = 5s) {
    client_ = std::jthread(client, listener_.local_endpoint().port());
    const core::Result<io::Accepted> accepted = support::run(loop_, listener_.accept());
    auto transport = std::make_unique<TcpStream>(loop_, accepted->descriptor);
    return support::run(loop_,
                        tls_accept(loop_, std::move(transport), context, Clock::now() + timeout));
  }

  std::string read(Stream& stream, std::size_t bytes) {
    std::string text;
    std::array<char, 20'000> buffer{};
    while (text.size() < bytes) {
      const auto got = support::run(loop_, read_some(stream, buffer, Clock::now() + 5s));
      if (!got || *got == 0) break;
      text.append(buffer.data(), *got);
    }
    return text;
  }
  void write(Stream& stream, std::vector<std::string> texts) {
    std::vector<iovec> parts;
    parts.reserve(texts.size());
    for (std::string& text : texts) parts.push_back({text.data(), text.size()});
    EXPECT_TRUE(support::run(loop_, write_all(stream, std::span(parts), 5s, More::kNo)));
  }
  // A whole connection on which the server says "hello": what the client made of it.
  struct Visit {
    bool is_resumed = false;
    support::SessionHandle session;
  };
  Visit visit(const Context& context, TlsClient::Options client) {
    Visit visit;
    const Accepted stream = accept(context, [&](std::uint16_t port) {
      TlsClient connected(port, client);
      EXPECT_EQ(connected.read(5), "hello");
      visit.is_resumed = connected.is_resumed();
      visit.session = connected.session();
    });
    EXPECT_TRUE(stream) << stream.error().detail;
    if (stream) {
      subject_ = (*stream)->peer_subject();
      write(**stream, {"hello"});
    }
    client_.join();
    return visit;
  }

  CertificateAuthority authority_;
  IdentityFiles files_{authority_.issue()};
  std::shared_ptr<TlsTicketKeys> keys_ = std::make_shared<TlsTicketKeys>(Clock::now());
  Loop loop_{0};
  Listener listener_ = Listener::open(loop_, {asio::ip::address_v4::loopback(), 0}).value();
  std::string subject_;
  std::jthread client_;
};

TEST_F(TlsServerTest, SpeaksBothVersionsAndBothWays) {
  const Context context = load(options());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    std::string answer;
    const Accepted stream = accept(context, [&](std::uint16_t port) {
      TlsClient client(port, {.version = version, .protocols = kHttp11});
      client.send("ping");
      answer = client.read(4) + client.protocol();
    });

    ASSERT_TRUE(stream) << stream.error().detail;
    EXPECT_EQ(read(**stream, 4), "ping");
    write(**stream, {"po", "", "ng"});
    client_.join();
    EXPECT_EQ(answer, "ponghttp/1.1");
    EXPECT_EQ((*stream)->application_protocol(), "http/1.1");
    EXPECT_EQ((*stream)->peer_subject(), "");
    EXPECT_EQ((*stream)->plain_descriptor(), -1);
  }
}

TEST_F(TlsServerTest, WritesPartsOfEverySizeInTheirOrder) {
  std::vector<std::string> parts;
  std::string whole;
  for (const std::size_t size :
       {300U, 16'384U, 1U, 0U, 16'383U, 40'000U, 0U, 2U, 100'000U, 5U, 0U}) {
    std::string& part = parts.emplace_back();
    for (std::size_t i = 0; i < size; ++i) part += static_cast<char>('a' + (whole.size() + i) % 23);
    whole += part;
  }
  std::string received;
  const Accepted stream = accept(load(options()), [&](std::uint16_t port) {
    received = TlsClient(port, {}).read(whole.size());
  });
  ASSERT_TRUE(stream);

  write(**stream, parts);

  client_.join();
  EXPECT_TRUE(received == whole) << received.size() << " bytes";
}

TEST_F(TlsServerTest, AWriteThatFindsNoRoomGoesOnWhereItWas) {
  std::string whole;
  for (std::size_t i = 0; i < 30'000'000; ++i) whole += static_cast<char>('a' + i % 23);
  std::string received;
  const Accepted stream = accept(load(options()), [&](std::uint16_t port) {
    TlsClient client(port, {});
    received = client.read(whole.size());
  });
  ASSERT_TRUE(stream);

  write(**stream, {whole.substr(0, 100), whole.substr(100, 20'000'000), whole.substr(20'000'100)});

  client_.join();
  EXPECT_TRUE(received == whole) << received.size() << " bytes";
}

TEST_F(TlsServerTest, AClientThatIsGoneBeforeTheHandshakesLastBytesLeaveIsFoundOut) {
  std::latch is_served(1);
  const Accepted stream = accept(load(options()), [&](std::uint16_t port) {
    TlsClient client(port, {});
    is_served.wait();
    client.reset();
  });
  is_served.count_down();
  client_.join();
  ASSERT_TRUE(stream) << stream.error().detail;

  // The ticket is still to be sent, and cannot be: waiting on would never end.
  std::array<char, 100> buffer{};
  const auto got = support::run(loop_, read_some(**stream, buffer, Clock::now() + 5s));

  EXPECT_FALSE(got);
}

TEST_F(TlsServerTest, ItsOwnPreferenceDecidesTheProtocol) {
  const Accepted stream = accept(load(options(), {"h2", "http/1.1"}), [](std::uint16_t port) {
    EXPECT_EQ(TlsClient(port, {.protocols = "\x08http/1.1\x02h2"}).protocol(), "h2");
  });

  ASSERT_TRUE(stream);
  EXPECT_EQ((*stream)->application_protocol(), "h2");
}

TEST_F(TlsServerTest, RefusesAClientOfOtherProtocols) {
  const Accepted stream = accept(load(options()), [](std::uint16_t port) {
    EXPECT_FALSE(TlsClient(port, {.protocols = "\x02h2"}).is_connected());
  });

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().detail, "tls: no application protocol");
}

TEST_F(TlsServerTest, ShowsTheCertificateOfTheNameThatIsAskedFor) {
  const IdentityFiles exact(authority_.issue({.names = "DNS:a.b.test,DNS:c.test"}));
  const IdentityFiles wildcard(authority_.issue({.names = "DNS:*.b.test"}));
  const IdentityFiles late(authority_.issue({.names = "DNS:late.test,DNS:c.test"}));
  TlsServerOptions all = options();
  all.certificates = {{wildcard.certificate(), wildcard.private_key(), ""},
                      {exact.certificate(), exact.private_key(), ""},
                      {late.certificate(), late.private_key(), ""}};
  const Context context = load(all);

  const std::vector<std::pair<std::string, std::string>> shown = {
      {"a.b.test", "a.b.test"},   {"A.B.TEST", "a.b.test"},   {"c.test", "a.b.test"},
      {"x.b.test", "*.b.test"},   {"late.test", "late.test"}, {"x.a.b.test", "localhost"},
      {"b.test", "localhost"},    {".b.test", "localhost"},   {"other.test", "localhost"},
      {"localhost", "localhost"}, {"c.test.", "localhost"}};
  for (const auto& [asked, expected] : shown) {
    const Accepted stream = accept(context, [&](std::uint16_t port) {
      EXPECT_EQ(TlsClient(port, {.server_name = asked}).certificate_name(), expected) << asked;
    });
    client_.join();
    EXPECT_TRUE(stream);
  }
}

TEST_F(TlsServerTest, TellsTheSubjectOfAClientsCertificate) {
  TlsServerOptions wanted = options();
  wanted.client_ca = authority_.file();
  const support::Identity identity = authority_.issue();
  for (const ClientAuth rule : {ClientAuth::kOptional, ClientAuth::kRequire}) {
    wanted.client_auth = rule;
    const Context context = load(wanted);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const Visit first = visit(context, {.version = version, .identity = &identity});
      EXPECT_EQ(subject_, "CN=Test server");

      const Visit second = visit(
          context, {.version = version, .identity = &identity, .session = first.session.get()});
      EXPECT_TRUE(second.is_resumed);
      EXPECT_EQ(subject_, "CN=Test server");
    }
  }
}

TEST_F(TlsServerTest, WantsACertificateOnlyWhereItIsRequired) {
  TlsServerOptions wanted = options();
  wanted.client_ca = authority_.file();
  wanted.client_auth = ClientAuth::kOptional;
  visit(load(wanted), {});
  EXPECT_EQ(subject_, "");
  wanted.client_auth = ClientAuth::kRequire;

  const Accepted stream = accept(load(wanted), [](std::uint16_t port) { TlsClient(port, {}); });

  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().detail, "tls: peer did not return a certificate");
}

TEST_F(TlsServerTest, RefusesACertificateOfAnotherAuthority) {
  const CertificateAuthority other;
  const support::Identity identity = other.issue();
  TlsServerOptions wanted = options();
  wanted.client_ca = authority_.file();
  wanted.client_auth = ClientAuth::kOptional;

  const Accepted stream =
      accept(load(wanted), [&](std::uint16_t port) { TlsClient(port, {.identity = &identity}); });
  client_.join();

  ASSERT_FALSE(stream);
  EXPECT_THAT(stream.error().detail, HasSubstr("tls: the certificate"));
}

class TlsServerSessionTest : public TlsServerTest, public ::testing::WithParamInterface<int> {};

TEST_P(TlsServerSessionTest, IsTakenUpAgainAndAgainAlsoAfterAReload) {
  Visit last = visit(load(options()), {.version = GetParam()});
  EXPECT_FALSE(last.is_resumed);
  for (int i = 0; i < 4; ++i) {
    last = visit(load(options()), {.version = GetParam(), .session = last.session.get()});
    EXPECT_TRUE(last.is_resumed) << i;
  }
}

TEST_P(TlsServerSessionTest, OfClientsThatWereNotAskedWhoTheyAreIsNotGoodWhereTheyAre) {
  const Visit before = visit(load(options()), {.version = GetParam()});
  TlsServerOptions wanted = options();
  wanted.client_ca = authority_.file();
  wanted.client_auth = ClientAuth::kOptional;

  const Visit after = visit(load(wanted), {.version = GetParam(), .session = before.session.get()});

  EXPECT_FALSE(after.is_resumed);
}

TEST_P(TlsServerSessionTest, OfOtherKeysIsANewOne) {
  const Visit before = visit(load(options()), {.version = GetParam()});
  keys_ = std::make_shared<TlsTicketKeys>(Clock::now());

  const Visit after =
      visit(load(options()), {.version = GetParam(), .session = before.session.get()});

  EXPECT_FALSE(after.is_resumed);
}

INSTANTIATE_TEST_SUITE_P(Versions, TlsServerSessionTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

// A client that is no TLS, or stops in the middle of it.
class PlainClient {
 public:
  PlainClient(std::uint16_t port, std::string_view says)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::send(socket_, says.data(), says.size(), MSG_NOSIGNAL);
  }
  PlainClient(const PlainClient&) = delete;
  PlainClient& operator=(const PlainClient&) = delete;
  ~PlainClient() { ::close(socket_); }

  void end() { ::shutdown(socket_, SHUT_WR); }
  void wait_for_end() {
    std::array<char, 100> buffer{};
    while (::recv(socket_, buffer.data(), buffer.size(), 0) > 0) {
    }
  }

 private:
  int socket_;
};

TEST_F(TlsServerTest, AHandshakeThatStopsAnywhereTimesOut) {
  const Context context = load(options());
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  for (const std::size_t sent : {std::size_t{0}, std::size_t{1}, std::size_t{5}, hello.size()}) {
    const Accepted stream = accept(
        context,
        [&](std::uint16_t port) { PlainClient(port, hello.substr(0, sent)).wait_for_end(); }, 50ms);
    client_.join();

    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, core::ErrorCode::kOriginTimeout) << sent;
    EXPECT_EQ(stream.error().detail, "tls: the handshake timed out");
  }
}

TEST_F(TlsServerTest, TheOpeningTellsPlainHttpFromTheRest) {
  const std::vector<std::pair<std::string, Opening>> openings = {
      {"\x16\x03\x01", Opening::kTls}, {"GET / HTTP/1.1", Opening::kHttp},
      {"post", Opening::kHttp},        {std::string(1, '\x80'), Opening::kTls},
      {"\r\n", Opening::kTls},         {"", Opening::kNone}};
  for (const auto& [bytes, expected] : openings) {
    PlainClient client(listener_.local_endpoint().port(), bytes);
    client.end();
    const auto accepted = support::run(loop_, listener_.accept());
    TcpStream transport(loop_, accepted->descriptor);

    EXPECT_EQ(support::run(loop_, look_at_opening(transport, Clock::now() + 5s)), expected)
        << bytes;
  }
}

TEST_F(TlsServerTest, ASilentClientHasNoOpening) {
  const PlainClient client(listener_.local_endpoint().port(), "");
  const auto accepted = support::run(loop_, listener_.accept());
  TcpStream transport(loop_, accepted->descriptor);

  EXPECT_EQ(support::run(loop_, look_at_opening(transport, Clock::now() + 20ms)), Opening::kNone);
}

TEST_F(TlsServerTest, TellsWhetherFilesHaveOtherContents) {
  TlsServerOptions wanted = options();
  wanted.client_ca = authority_.file();
  const Context context = load(wanted);
  const IdentityFiles renewed(authority_.issue());
  const CertificateAuthority other;

  TlsServerOptions all = wanted;
  all.min_version = TlsVersion::k13;
  EXPECT_TRUE(context->has_contents_of(*load(all, {"h2"})));
  all.certificate = renewed.certificate();
  all.private_key = renewed.private_key();
  EXPECT_FALSE(context->has_contents_of(*load(all)));
  all = wanted;
  all.certificates = {{renewed.certificate(), renewed.private_key(), ""}};
  EXPECT_FALSE(context->has_contents_of(*load(all)));
  all = wanted;
  all.client_ca = other.file();
  EXPECT_FALSE(context->has_contents_of(*load(all)));
}

// What is wrong with files.

class TlsServerFilesTest : public TlsServerTest {
 protected:
  TlsServerContext::Loaded find(const TlsServerOptions& options,
                                std::chrono::sys_seconds now = today()) {
    return TlsServerContext::load(options, {"http/1.1"}, keys_, now);
  }
};

TEST_F(TlsServerFilesTest, EveryProblemIsFound) {
  TlsServerOptions wrong = options();
  const IdentityFiles other(authority_.issue());
  wrong.certificates = {{other.certificate(), files_.private_key(), ""},
                        {"/nonexistent/a", files_.certificate(), "/dev/null"}};
  wrong.client_ca = files_.private_key();

  const auto loaded = find(wrong);

  EXPECT_EQ(loaded.context, nullptr);
  std::vector<std::string> found;
  for (const TlsFinding& finding : loaded.findings) {
    EXPECT_EQ(finding.severity, TlsFinding::Severity::kError);
    found.push_back(std::to_string(finding.certificate) + " " + finding.what);
  }
  EXPECT_THAT(
      found, ::testing::ElementsAre("1 " + files_.private_key() +
                                        " is not the key of the certificate " + other.certificate(),
                                    "2 /nonexistent/a cannot be read: No such file or directory",
                                    "2 " + files_.certificate() + " holds no private key in PEM",
                                    "0 " + files_.private_key() + " holds no certificate in PEM"));
}

TEST_F(TlsServerFilesTest, NoCertificateAtAllIsAProblem) {
  EXPECT_EQ(find({}).context, nullptr);
  EXPECT_EQ(find({}).findings.size(), 1U);
}

TEST_F(TlsServerFilesTest, ACertificateOutsideItsTimeIsUsedWithAWarning) {
  for (const auto& [now, expected] :
       {std::pair{today() + 2h, "has expired"}, std::pair{today() - 2h, "is not valid yet"}}) {
    const auto loaded = find(options(), now);

    EXPECT_NE(loaded.context, nullptr);
    ASSERT_EQ(loaded.findings.size(), 1U);
    EXPECT_EQ(loaded.findings.front().severity, TlsFinding::Severity::kWarning);
    EXPECT_THAT(loaded.findings.front().what, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace yatagarasu::io
