#include "io/resolver.h"

#include "core/result.h"
#include "io/loop.h"
#include "io/resolver_channel.h"
#include "io/task.h"
#include "io/task_group.h"
#include "io/tcp_stream.h"
#include "support/fake_dns.h"
#include "support/run.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::io {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using core::ErrorCode;
using support::FakeDns;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class ResolverTest : public ::testing::Test {
 protected:
  std::unique_ptr<Resolver> make() {
    ResolverOptions options;
    options.servers = {dns_.endpoint()};
    options.timeout = 50ms;
    options.tries = 1;
    options.now = [this] { return now_; };
    return std::make_unique<Resolver>(loop_, options);
  }

  // The addresses in text; one that says what failed.
  std::vector<std::string> resolve(std::string_view host, Duration timeout = 5s) {
    const auto endpoints =
        support::run(loop_, resolver_->resolve(host, 443, Clock::now() + timeout));
    if (!endpoints) {
      error_ = endpoints.error();
      return {"failed"};
    }
    std::vector<std::string> texts;
    for (const Endpoint& endpoint : *endpoints) {
      EXPECT_EQ(endpoint.port(), 443);
      texts.push_back(endpoint.address().to_string());
    }
    return texts;
  }

  Task<void> count_answer(int& answers, std::string host) {
    const auto endpoints = co_await resolver_->resolve(host, 80, kNever);
    if (endpoints) ++answers;
  }

  FakeDns dns_;
  Loop loop_{0};
  TimePoint now_{1h};
  std::unique_ptr<Resolver> resolver_ = make();
  core::Error error_;
  TaskGroup tasks_{loop_.executor(), [](const std::exception_ptr&) { FAIL(); }};
};

TEST_F(ResolverTest, FindsAllAddressesOfAName) {
  dns_.set("s3.example.test", {.addresses = {"10.0.0.1", "10.0.0.2", "fd00::1"}});

  EXPECT_THAT(resolve("s3.example.test"), UnorderedElementsAre("10.0.0.1", "10.0.0.2", "fd00::1"));
}

TEST_F(ResolverTest, AnswersLiteralsItself) {
  dns_.silence();

  EXPECT_THAT(resolve("192.0.2.7"), ElementsAre("192.0.2.7"));
  EXPECT_THAT(resolve("fd00::7"), ElementsAre("fd00::7"));
  EXPECT_THAT(resolve("[fd00::7]"), ElementsAre("fd00::7"));
}

TEST_F(ResolverTest, KnowsTheHostsFile) {
  dns_.silence();

  EXPECT_THAT(resolve("localhost"), ::testing::Contains("127.0.0.1"));
}

TEST_F(ResolverTest, NamesBelowLocalhostAreThisMachine) {
  dns_.silence();

  EXPECT_THAT(resolve("bucket.localhost"), ElementsAre("127.0.0.1", "::1"));
  EXPECT_THAT(resolve("a.b.LocalHost."), ElementsAre("127.0.0.1", "::1"));
}

TEST_F(ResolverTest, AsksOnceWhileAnAnswerIsFresh) {
  dns_.set("s3.example.test", {.addresses = {"10.0.0.1"}, .ttl_s = 60});
  resolve("s3.example.test");
  now_ += 59s;
  resolve("s3.example.test");

  EXPECT_EQ(dns_.questions("s3.example.test"), 1U);
}

TEST_F(ResolverTest, AsksAgainAfterTheTtl) {
  dns_.set("s3.example.test", {.addresses = {"10.0.0.1"}, .ttl_s = 60});
  resolve("s3.example.test");
  dns_.set("s3.example.test", {.addresses = {"10.0.0.2"}});
  now_ += 61s;

  EXPECT_THAT(resolve("s3.example.test"), ElementsAre("10.0.0.2"));
}

TEST_F(ResolverTest, TasksThatAskAtTheSameTimeShareAQuery) {
  dns_.set("s3.example.test", {.addresses = {"10.0.0.1"}});
  int answers = 0;
  for (int i = 0; i < 10; ++i) tasks_.spawn(count_answer(answers, "s3.example.test"));
  support::run(loop_, tasks_.join());

  EXPECT_EQ(answers, 10);
  EXPECT_EQ(dns_.questions("s3.example.test"), 1U);
}

TEST_F(ResolverTest, SaysThatANameDoesNotExist) {
  resolve("nowhere.example.test");

  EXPECT_EQ(error_.code, ErrorCode::kOriginUnreachable);
  EXPECT_THAT(error_.detail, HasSubstr("nowhere.example.test: dns: "));
}

TEST_F(ResolverTest, RemembersForAMomentThatANameDoesNotExist) {
  resolve("nowhere.example.test");
  const std::size_t asked = dns_.questions("nowhere.example.test");
  resolve("nowhere.example.test");
  EXPECT_EQ(dns_.questions("nowhere.example.test"), asked);

  now_ += 2s;
  resolve("nowhere.example.test");
  EXPECT_GT(dns_.questions("nowhere.example.test"), asked);
}

TEST_F(ResolverTest, SaysThatTheServersDoNotAnswer) {
  dns_.silence();
  resolve("s3.example.test");

  EXPECT_EQ(error_.code, ErrorCode::kOriginTimeout);
}

TEST_F(ResolverTest, GivesUpAtTheDeadline) {
  dns_.silence();
  resolve("s3.example.test", 1ms);

  EXPECT_EQ(error_.code, ErrorCode::kOriginTimeout);
  EXPECT_THAT(error_.detail, HasSubstr("no answer in time"));
}

TEST_F(ResolverTest, GivesTheLastGoodAnswerWhenTheServersAreDown) {
  dns_.set("s3.example.test", {.addresses = {"10.0.0.1"}, .ttl_s = 60});
  resolve("s3.example.test");
  dns_.silence();
  now_ += 61s;

  EXPECT_THAT(resolve("s3.example.test"), ElementsAre("10.0.0.1"));
}

TEST_F(ResolverTest, GivesTheLastGoodAnswerWhenTheServersFail) {
  constexpr std::uint8_t kServerFailure = 2;
  dns_.set("s3.example.test", {.addresses = {"10.0.0.1"}, .ttl_s = 60});
  resolve("s3.example.test");
  dns_.set("s3.example.test", {.addresses = {}, .response_code = kServerFailure});
  now_ += 61s;

  EXPECT_THAT(resolve("s3.example.test"), ElementsAre("10.0.0.1"));
}

TEST_F(ResolverTest, RecoversWhenTheServersDo) {
  dns_.silence();
  resolve("s3.example.test");
  dns_.speak();
  dns_.set("s3.example.test", {.addresses = {"10.0.0.1"}});
  now_ += 2s;

  EXPECT_THAT(resolve("s3.example.test"), ElementsAre("10.0.0.1"));
}

TEST_F(ResolverTest, ACancelledTaskStopsWaitingWhileTheQueryGoesOn) {
  dns_.silence();
  int answers = 0;
  tasks_.spawn(count_answer(answers, "s3.example.test"));
  support::run_ready(loop_);

  support::stop(loop_, tasks_);

  EXPECT_EQ(answers, 0);
  resolve("s3.example.test");
  EXPECT_EQ(error_.code, ErrorCode::kOriginTimeout);
}

TEST_F(ResolverTest, TellsThoseWhoWaitWhenItEnds) {
  dns_.silence();
  int answers = 0;
  tasks_.spawn(count_answer(answers, "s3.example.test"));
  support::run_ready(loop_);

  resolver_.reset();
  support::run(loop_, tasks_.join());

  EXPECT_EQ(answers, 0);
}

}  // namespace
}  // namespace yatagarasu::io
