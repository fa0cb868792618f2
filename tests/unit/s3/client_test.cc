#include "s3/client.h"

#include "client/fetch.h"
#include "core/result.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/tls_client.h"
#include "resilience/circuit_breaker.h"
#include "s3/addressing.h"
#include "s3/attempt.h"
#include "s3/options.h"
#include "s3/request.h"
#include "s3/resilience.h"
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
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::s3 {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using core::ErrorCode;
using resilience::CircuitState;
using support::Script;
using support::ScriptedOrigin;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::string answer(std::string_view status, std::string_view body = {},
                   std::string_view fields = {}) {
  std::string text = "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields);
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return text += body;
}

std::string slow_down(std::string_view fields = {}) {
  return answer("503 Slow Down", "<Error><Code>SlowDown</Code></Error>", fields);
}

// Of one connection: the answer and nothing more.
Script once(std::string bytes) {
  return Script().answer(std::move(bytes));
}

ObjectRequest get_key() {
  ObjectRequest request;
  request.key = "key";
  return request;
}

class Observer final : public AttemptObserver {
 public:
  void attempted(const Attempt& attempt) override {
    attempts.push_back(std::to_string(attempt.status) + " " + std::string(attempt.code));
  }
  void retrying() override { ++retries; }

  std::vector<std::string> attempts;
  int retries = 0;
};

class S3ClientTest : public ::testing::Test {
 protected:
  using Answer = core::Result<ObjectAnswer>;

  static Options options() {
    Options options;
    options.bucket = "inner";
    options.region = "us-east-1";
    options.timeouts = {.connect = 5s, .first_byte = 5s, .stall = 5s};
    options.retry = {.max_attempts = 3, .initial_backoff = 1ms, .max_backoff = 1ms};
    options.circuit_breaker.cooldown = 1h;
    return options;
  }

  // What connects to `host`; everything before stays as it is.
  void connect_to(std::uint16_t port, const std::string& host = "127.0.0.1") {
    options_.endpoint = (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port);
    resilience_ = std::make_shared<Resilience>(options_);
    client_ = std::make_unique<Client>(Client::Parts{.loop = loop_,
                                                     .resolver = resolver_,
                                                     .tls = tls_.get(),
                                                     .resilience = resilience_,
                                                     .observer = &observer_},
                                       options_, resolve_address(options_).value());
  }

  static io::Task<Answer> ask(Client& client, const ObjectRequest& request, Trace& trace) {
    co_return co_await client.ask(request, trace);
  }
  Answer ask() {
    trace_ = {};
    return support::run(loop_, ask(*client_, request_, trace_));
  }
  // The body, or what went wrong.
  std::string fetch() {
    const Answer answer = ask();
    if (!answer) return answer.error().detail;
    return support::run(loop_, client::read_up_to(**answer, 1'000));
  }
  ErrorCode failure() {
    const Answer answer = ask();
    return answer ? ErrorCode::kInternal : answer.error().code;
  }
  CircuitState breaker() const { return resilience_->breaker.status(io::Clock::now()).state; }

  support::FakeDns dns_;
  io::Loop loop_{0};
  io::Resolver resolver_{loop_, {.servers = {dns_.endpoint()}}};
  Options options_ = options();
  std::unique_ptr<io::TlsClientContext> tls_;
  std::shared_ptr<Resilience> resilience_;
  Observer observer_;
  std::unique_ptr<Client> client_;
  ObjectRequest request_ = get_key();
  Trace trace_;
};

TEST_F(S3ClientTest, AsksAgainUntilItWorks) {
  const ScriptedOrigin server({once(slow_down()), once(answer("500 Oops")), once(kOk)});
  connect_to(server.port());

  EXPECT_EQ(fetch(), "ok");
  EXPECT_EQ(trace_.attempts, 3U);
  EXPECT_EQ(trace_.status, 200);
  EXPECT_EQ(trace_.error_code, "");
  EXPECT_THAT(observer_.attempts, ElementsAre("503 SlowDown", "500 ", "200 "));
  EXPECT_EQ(observer_.retries, 2);
}

TEST_F(S3ClientTest, GivesUpAfterSoManyAttemptsWithTheLastError) {
  const ScriptedOrigin server(
      {once(answer("500 Oops")), once(answer("502 Oops")), once(slow_down()), once(kOk)});
  connect_to(server.port());

  EXPECT_EQ(failure(), ErrorCode::kOriginOverloaded);
  EXPECT_EQ(trace_.attempts, 3U);
  EXPECT_EQ(trace_.error_code, "SlowDown");
  EXPECT_EQ(server.connections(), 3U);
}

struct AnswerCase {
  const char* status;
  bool is_repeated;
};

class RepeatedAnswerTest : public S3ClientTest, public ::testing::WithParamInterface<AnswerCase> {};

TEST_P(RepeatedAnswerTest, AFailureOfTheServerIsAskedAgainAndNothingElse) {
  const ScriptedOrigin server({once(answer(GetParam().status)), once(kOk)});
  connect_to(server.port());

  static_cast<void>(ask());

  EXPECT_EQ(trace_.attempts, GetParam().is_repeated ? 2U : 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RepeatedAnswerTest,
    ::testing::Values(AnswerCase{"200 OK", false}, AnswerCase{"304 Not Modified", false},
                      AnswerCase{"403 Forbidden", false}, AnswerCase{"404 Not Found", false},
                      AnswerCase{"412 Precondition Failed", false},
                      AnswerCase{"416 Range Not Satisfiable", false}, AnswerCase{"500 Oops", true},
                      AnswerCase{"501 Oops", false}, AnswerCase{"502 Oops", true},
                      AnswerCase{"503 Oops", true}, AnswerCase{"504 Oops", true}));

TEST_F(S3ClientTest, AsksAgainWhenTheConnectionIsLost) {
  const ScriptedOrigin server({Script().receive().reset(), Script().receive(),
                               Script().answer("HTTP/1.1 200 OK\r\nConte"), once(kOk)});
  options_.retry.max_attempts = 4;
  connect_to(server.port());

  EXPECT_EQ(fetch(), "ok");
  EXPECT_THAT(observer_.attempts, ElementsAre("0 reset", "0 reset", "0 reset", "200 "));
}

TEST_F(S3ClientTest, AsksAgainWhereNobodyListens) {
  std::uint16_t port = 0;
  {
    const ScriptedOrigin server({Script()});
    port = server.port();
  }
  connect_to(port);

  EXPECT_EQ(failure(), ErrorCode::kOriginUnreachable);
  EXPECT_THAT(observer_.attempts, ElementsAre("0 connect", "0 connect", "0 connect"));
  EXPECT_EQ(trace_.attempts, 3U);
}

TEST_F(S3ClientTest, TellsAFailureOfTls) {
  const support::CertificateAuthority authority;
  const ScriptedOrigin server({Script().hold()}, authority.issue({.names = "DNS:other.test"}));
  tls_ = io::TlsClientContext::create({.ca_file = authority.file()}).value();
  options_.retry.max_attempts = 1;
  connect_to(server.port());

  EXPECT_EQ(failure(), ErrorCode::kOriginUnreachable);
  EXPECT_THAT(observer_.attempts, ElementsAre("0 tls"));
}

TEST_F(S3ClientTest, DoesNotAskAgainForAnAnswerThatIsLate) {
  const ScriptedOrigin server({Script().receive().hold()});
  options_.timeouts.first_byte = 40ms;
  connect_to(server.port());

  EXPECT_EQ(failure(), ErrorCode::kOriginTimeout);
  EXPECT_THAT(observer_.attempts, ElementsAre("0 timeout"));
}

TEST_F(S3ClientTest, DoesNotAskAgainForNonsense) {
  const ScriptedOrigin server({once("SSH-2.0-OpenSSH_9.2\r\n\r\n"), once(kOk)});
  connect_to(server.port());

  EXPECT_EQ(failure(), ErrorCode::kOriginMalformed);
  EXPECT_THAT(observer_.attempts, ElementsAre("0 malformed"));
}

TEST_F(S3ClientTest, DoesNotAskAgainForABodyThatIsCut) {
  const ScriptedOrigin server({once("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")});
  connect_to(server.port());

  EXPECT_EQ(fetch(), "half");
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(breaker(), CircuitState::kClosed);
}

TEST_F(S3ClientTest, EachAttemptIsSignedAndHasAConnectionOfItsOwn) {
  options_.access_key = core::Secret("AKIATEST");
  options_.secret_key = core::Secret("secret");
  const ScriptedOrigin server({Script().answer(slow_down()).hold(), Script().answer(kOk).hold()});
  connect_to(server.port());

  EXPECT_EQ(fetch(), "ok");
  EXPECT_EQ(server.connections(), 2U);
  ASSERT_THAT(server.heads(), SizeIs(2));
  for (const std::string& head : server.heads()) EXPECT_THAT(head, HasSubstr("Signature="));
}

TEST_F(S3ClientTest, ARetryGoesToAnotherAddress) {
  const ScriptedOrigin failing({once(slow_down())});
  const ScriptedOrigin well({once(kOk)}, 2, failing.port());
  dns_.set("s3.example.test", {.addresses = {"127.0.0.1", "127.0.0.2"}});
  options_.retry.max_attempts = 2;
  options_.circuit_breaker.failure_threshold = 100;
  connect_to(failing.port(), "s3.example.test");

  for (int i = 0; i < 6; ++i) EXPECT_EQ(fetch(), "ok") << i;

  EXPECT_EQ(well.connections(), 6U);
  EXPECT_GE(failing.connections(), 2U);
}

TEST_F(S3ClientTest, ARetryAfterAKeptConnectionGoesToAnotherAddressToo) {
  constexpr std::size_t kLarge = 1'000'000;  // Is not all here with its head.
  const std::string large = answer("200 OK", std::string(kLarge, 'x'));
  const std::vector<Script> scripts = {Script().answer(large).answer(slow_down()).hold(),
                                       once(kOk)};
  const ScriptedOrigin first(scripts);
  const ScriptedOrigin second(scripts, 2, first.port());
  dns_.set("s3.example.test", {.addresses = {"127.0.0.1", "127.0.0.2"}});
  connect_to(first.port(), "s3.example.test");
  // A connection to each. The one to be used next is that to the address whose turn it is.
  const Answer one = ask();
  const ScriptedOrigin& failing = first.connections() == 1 ? first : second;
  const Answer other = ask();
  ASSERT_TRUE(one && other);
  static_cast<void>(support::run(loop_, client::read_up_to(**other, 2 * kLarge)));
  static_cast<void>(support::run(loop_, client::read_up_to(**one, 2 * kLarge)));

  EXPECT_EQ(fetch(), "ok");

  EXPECT_EQ(trace_.attempts, 2U);
  EXPECT_EQ(failing.connections(), 1U);
  EXPECT_EQ(first.connections() + second.connections(), 3U);
}

TEST_F(S3ClientTest, WaitsAsLongAsItIsAskedTo) {
  const ScriptedOrigin server({once(slow_down("Retry-After: 1\r\n")), once(kOk)});
  connect_to(server.port());
  const io::TimePoint began = io::Clock::now();

  EXPECT_EQ(fetch(), "ok");

  EXPECT_GE(io::Clock::now() - began, 1s);
  EXPECT_GE(trace_.duration, 1s);
}

TEST_F(S3ClientTest, DoesNotWaitForVeryLong) {
  const ScriptedOrigin server({once(slow_down("Retry-After: 600\r\n")), once(kOk)});
  connect_to(server.port());

  EXPECT_EQ(failure(), ErrorCode::kOriginOverloaded);
  EXPECT_EQ(trace_.attempts, 1U);
  EXPECT_EQ(trace_.retry_after, 600s);
}

TEST_F(S3ClientTest, DoesNotWaitBeyondTheDeadline) {
  const ScriptedOrigin server({once(slow_down("Retry-After: 2\r\n")), once(kOk)});
  connect_to(server.port());
  request_.deadline = io::Clock::now() + 2s;

  EXPECT_EQ(failure(), ErrorCode::kOriginOverloaded);
  EXPECT_LT(io::Clock::now(), request_.deadline);
  EXPECT_EQ(trace_.attempts, 1U);
}

TEST_F(S3ClientTest, TheBudgetStopsAStorm) {
  const ScriptedOrigin server({once(slow_down())});
  options_.circuit_breaker.failure_threshold = 1'000;
  connect_to(server.port());

  for (int i = 0; i < 15; ++i) static_cast<void>(ask());

  EXPECT_EQ(server.connections(), 15U + 10U);
  EXPECT_EQ(observer_.retries, 10);
}

TEST_F(S3ClientTest, PassesTheLastAnswerOn) {
  const ScriptedOrigin server({once(answer("500 Oops", "one")), once(answer("503 Oops", "two"))});
  options_.retry.max_attempts = 2;
  connect_to(server.port());
  request_.error_answers = ErrorAnswers::kPassOn;

  EXPECT_EQ(fetch(), "two");
  EXPECT_EQ(trace_.status, 503);
  EXPECT_EQ(trace_.attempts, 2U);
}

TEST_F(S3ClientTest, PassesAnAnswerOnThatMayNotBeRetriedAnyMore) {
  // The second attempt may not be made: the first has opened the breaker.
  const ScriptedOrigin server({Script().answer(answer("500 Oops", "one")).hold()});
  options_.circuit_breaker.failure_threshold = 1;
  connect_to(server.port());
  request_.error_answers = ErrorAnswers::kPassOn;

  EXPECT_EQ(fetch(), "one");
  EXPECT_EQ(observer_.retries, 0);
}

TEST_F(S3ClientTest, OneConnectionIsEnoughForARetry) {
  const ScriptedOrigin server({Script().answer(answer("500 Oops", "one")).hold(), once(kOk)});
  options_.connections.max = 1;
  connect_to(server.port());
  request_.error_answers = ErrorAnswers::kPassOn;

  EXPECT_EQ(fetch(), "ok");
}

TEST_F(S3ClientTest, AsksNothingWhileTheBreakerIsOpen) {
  const ScriptedOrigin server({once(slow_down())});
  options_.retry.max_attempts = 1;
  connect_to(server.port());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(failure(), ErrorCode::kOriginOverloaded) << i;
  EXPECT_EQ(breaker(), CircuitState::kOpen);

  EXPECT_EQ(failure(), ErrorCode::kCircuitOpen);

  EXPECT_EQ(server.connections(), 5U);
  EXPECT_EQ(trace_.attempts, 0U);
  EXPECT_EQ(trace_.retry_after, 3'600s);
  EXPECT_THAT(observer_.attempts, SizeIs(5));
}

TEST_F(S3ClientTest, RetriesCountForTheBreakerAndStopWithIt) {
  const ScriptedOrigin server({once(slow_down())});
  connect_to(server.port());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(failure(), ErrorCode::kOriginOverloaded) << i;

  EXPECT_EQ(failure(), ErrorCode::kCircuitOpen);
  EXPECT_EQ(server.connections(), 5U);
}

TEST_F(S3ClientTest, WhatIsNoFailureNeverOpensTheBreaker) {
  for (const char* const status : {"304 Not Modified", "403 Forbidden", "404 Not Found",
                                   "412 Precondition Failed", "416 Range Not Satisfiable"}) {
    const ScriptedOrigin server({once(answer(status))});
    options_.circuit_breaker.failure_threshold = 1;
    connect_to(server.port());
    for (int i = 0; i < 30; ++i) static_cast<void>(ask());

    EXPECT_EQ(breaker(), CircuitState::kClosed) << status;
    EXPECT_EQ(server.connections(), 30U);
  }
}

TEST_F(S3ClientTest, ALimitOfThisProcessIsNoFailureOfTheStore) {
  const ScriptedOrigin server(
      {Script().answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").hold()});
  options_.connections.max = 1;
  options_.circuit_breaker.failure_threshold = 1;
  connect_to(server.port());
  const Answer busy = ask();
  ASSERT_TRUE(busy);
  request_.deadline = io::Clock::now() + 40ms;

  EXPECT_EQ(failure(), ErrorCode::kOverloaded);

  EXPECT_EQ(breaker(), CircuitState::kClosed);
  EXPECT_THAT(observer_.attempts, ElementsAre("200 "));
}

TEST_F(S3ClientTest, AProbePassesTheBreakerByAndDoesNotCloseIt) {
  const ScriptedOrigin server({once(slow_down()), once(kOk)});
  options_.circuit_breaker.failure_threshold = 1;
  options_.circuit_breaker.success_threshold = 1;
  connect_to(server.port());
  EXPECT_EQ(failure(), ErrorCode::kOriginOverloaded);

  const Answer probed = support::run(loop_, client_->ask_once(request_, trace_));

  EXPECT_TRUE(probed);
  EXPECT_EQ(breaker(), CircuitState::kOpen);
}

TEST_F(S3ClientTest, AProbeIsOneAttemptThatTheBreakerDoesNotSee) {
  const ScriptedOrigin server({once(slow_down()), once(kOk)});
  options_.circuit_breaker.failure_threshold = 1;
  connect_to(server.port());

  const Answer probed = support::run(loop_, client_->ask_once(request_, trace_));

  EXPECT_FALSE(probed);
  EXPECT_EQ(trace_.attempts, 1U);
  EXPECT_EQ(breaker(), CircuitState::kClosed);
}

io::Task<void> ask_for(Client& client, Trace& trace) {
  const ObjectRequest request = get_key();
  static_cast<void>(co_await client.ask(request, trace));
}

TEST_F(S3ClientTest, ACancelledRequestFreesItsPlaceInAHalfOpenBreaker) {
  const ScriptedOrigin server({once(slow_down()), Script().receive().hold()});
  options_.retry.max_attempts = 1;
  options_.circuit_breaker = {
      .failure_threshold = 1, .success_threshold = 1, .cooldown = 1ms, .half_open_requests = 1};
  connect_to(server.port());
  EXPECT_EQ(failure(), ErrorCode::kOriginOverloaded);
  support::run_until(loop_, [&] { return breaker() == CircuitState::kHalfOpen; });

  for (int i = 0; i < 3; ++i) {
    Trace trace;
    io::TaskGroup tasks(loop_.executor(), [](const std::exception_ptr&) { FAIL(); });
    tasks.spawn(ask_for(*client_, trace));
    support::run_until(loop_, [&] { return trace.attempts == 1; });
    EXPECT_EQ(failure(), ErrorCode::kCircuitOpen);
    support::stop(loop_, tasks);
  }

  EXPECT_EQ(breaker(), CircuitState::kHalfOpen);
  EXPECT_TRUE(resilience_->breaker.try_acquire(io::Clock::now()));
  EXPECT_THAT(observer_.attempts, ElementsAre("503 SlowDown"));
}

TEST_F(S3ClientTest, TheStateOutlivesTheClient) {
  const ScriptedOrigin server({once(slow_down())});
  options_.circuit_breaker.failure_threshold = 1;
  connect_to(server.port());
  EXPECT_EQ(failure(), ErrorCode::kOriginOverloaded);
  const std::shared_ptr<Resilience> kept = resilience_;

  client_ = std::make_unique<Client>(
      Client::Parts{.loop = loop_, .resolver = resolver_, .resilience = kept}, options_,
      resolve_address(options_).value());

  EXPECT_EQ(failure(), ErrorCode::kCircuitOpen);
}

}  // namespace
}  // namespace yatagarasu::s3
