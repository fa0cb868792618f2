#include "unit/server/fake_answers.h"
#include "unit/server/test_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace yatagarasu::server {
namespace {

using std::chrono_literals::operator""ms;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kGet = "GET /k HTTP/1.1\r\nHost: a.test\r\n\r\n";
constexpr std::string_view kLastGet =
    "GET /k HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

TEST(ConnectionTest, AnswersRequestAfterRequestOnOneConnection) {
  TestServer server;
  RawClient client(server);

  client.send(kGet);
  const std::string first = client.read_until("hello");
  client.send(kLastGet);
  const std::string second = client.read_to_end();

  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(first, HasSubstr("\r\nDate: "));
  EXPECT_THAT(second, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(second, EndsWith("hello"));
}

TEST(ConnectionTest, AnswersPipelinedRequestsInTheirOrder) {
  TestServer server;
  server.handler.respond = [](const Request& request) {
    Response response;
    response.status = 200;
    response.body = "<" + std::string(request.head.path) + ">";
    return response;
  };
  RawClient client(server);

  client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string all = client.read_to_end();

  EXPECT_LT(all.find("</1>"), all.find("</2>"));
  EXPECT_LT(all.find("</2>"), all.find("</3>"));
  EXPECT_THAT(all, EndsWith("</3>"));
}

TEST(ConnectionTest, AHeadHasALengthAndNoBody) {
  TestServer server;
  RawClient client(server);

  client.send("HEAD /k HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_to_end();

  EXPECT_THAT(answer, HasSubstr("Content-Length: 5"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(ConnectionTest, ABodyOfUnknownLengthIsChunked) {
  TestServer server;
  server.handler.respond = [](const Request&) {
    return streamed({"abc", "defg"}, Pieces::End::kWhole, std::nullopt);
  };
  RawClient client(server);

  client.send(kLastGet);

  EXPECT_THAT(client.read_to_end(), EndsWith("\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"));
}

TEST(ConnectionTest, AnHttp10ClientGetsABodyOfUnknownLengthUntilTheClose) {
  TestServer server;
  server.handler.respond = [](const Request&) {
    return streamed({"abc", "defg"}, Pieces::End::kWhole, std::nullopt);
  };
  RawClient client(server);

  client.send("GET /k HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string answer = client.read_to_end();

  EXPECT_THAT(answer, EndsWith("\r\n\r\nabcdefg"));
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
}

struct CutCase {
  std::vector<std::string> pieces;
  Pieces::End end;
  std::optional<std::uint64_t> length;
};

class CutBodyTest : public ::testing::TestWithParam<CutCase> {};

TEST_P(CutBodyTest, IsNeverEndedAsIfItWereWhole) {
  TestServer server;
  Recorder::Record record;
  server.handler.respond = [&](const Request&) {
    Response response = streamed(GetParam().pieces, GetParam().end, GetParam().length);
    response.observer = std::make_unique<Recorder>(record);
    return response;
  };
  RawClient client(server);

  client.send(kGet);
  const std::string answer = client.read_to_end();

  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  EXPECT_THAT(answer, Not(EndsWith("0\r\n\r\n")));
  if (GetParam().length) EXPECT_LT(body.size(), *GetParam().length);
  EXPECT_EQ(record.calls, 1);
  EXPECT_EQ(record.outcome, ResponseObserver::Outcome::kOriginCut);
}

INSTANTIATE_TEST_SUITE_P(Table, CutBodyTest,
                         ::testing::Values(CutCase{{"abc"}, Pieces::End::kCut, 10},
                                           CutCase{{"abc"}, Pieces::End::kWhole, 10},
                                           CutCase{{"abc", "defghijk"}, Pieces::End::kWhole, 10},
                                           CutCase{{}, Pieces::End::kCut, 10},
                                           CutCase{{"abc"}, Pieces::End::kCut, std::nullopt}));

struct RefusalCase {
  std::string request;
  int status;
};

class RefusalTest : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(RefusalTest, IsAnsweredAndTheConnectionClosed) {
  Options options;
  options.limits = {.header_size = core::kib(2), .uri_length = core::kib(1), .body_size = {16}};
  options.timeouts.header = 60ms;
  TestServer server(options);
  RawClient client(server);

  client.send(GetParam().request);
  const std::string answer = client.read_to_end();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusalTest,
    ::testing::Values(
        RefusalCase{"GET /k\r\n\r\n", 400},
        RefusalCase{"GET /" + std::string(2000, 'x') + " HTTP/1.1\r\n", 414},
        RefusalCase{"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(3000, 'x'), 431},
        RefusalCase{"GET / HTTP/1.1\r\nHo", 408},
        RefusalCase{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n", 413},
        RefusalCase{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", 408},
        RefusalCase{"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400}));

TEST(ConnectionTest, AHeadThatEndsEarlyIsRefusedAtOnce) {
  TestServer server;
  RawClient client(server);

  client.send("GET /k HTTP/1.1\r\nHos");
  client.end();

  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 400 "));
}

TEST(ConnectionTest, AnIdleConnectionIsClosedWithoutAWord) {
  Options options;
  options.timeouts.idle = 50ms;
  TestServer server(options);
  RawClient client(server);

  EXPECT_EQ(client.read_to_end(), "");
}

TEST(ConnectionTest, ABodyIsDroppedAndTheNextRequestAnswered) {
  TestServer server;
  RawClient client(server);

  client.send("GET /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab");
  client.send("cGET /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
  client.send("0\r\n\r\n" + std::string(kLastGet));
  client.read_until("hello");
  client.read_until("hello");

  EXPECT_THAT(client.read_to_end(), EndsWith("hello"));
}

TEST(ConnectionTest, AClientThatExpectsToBeAskedForItsBodyIsAsked) {
  TestServer server;
  RawClient client(server);

  client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: "
      "close\r\n\r\n");
  const std::string interim = client.read_until("\r\n\r\n");
  client.send("abc");

  EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), EndsWith("hello"));
}

TEST(ConnectionTest, ARefusedMethodIsAnsweredBeforeItsBody) {
  TestServer server;
  RawClient client(server);

  client.send("PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nabc");
  const std::string answer = client.read_to_end();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));  // The handler's answer to any method.
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

// A server that keeps bodies, up to ten bytes, and answers with what it got of each.
class KeptBodyTest : public ::testing::Test {
 protected:
  static Options options() {
    Options options;
    options.keeps_bodies = true;
    options.limits.body_size = {10};
    options.timeouts.header = 100ms;
    return options;
  }
  KeptBodyTest() {
    server_.handler.respond = [](const Request& request) {
      Response response;
      response.status = 200;
      response.body = std::string(request.head.method_text) + "<" + std::string(request.body) + ">";
      return response;
    };
  }

  TestServer server_{options()};
};

TEST_F(KeptBodyTest, ABodyOfAnyMethodReachesTheHandlerWhole) {
  RawClient client(server_);

  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  client.send("cde");
  const std::string sized = client.read_until(">");
  client.send(
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n");
  client.send("0\r\nTrailer: t\r\n\r\n");
  const std::string chunked = client.read_until(">");

  EXPECT_THAT(sized, EndsWith("POST<abcde>"));
  EXPECT_THAT(chunked, EndsWith("PUT<abcde>"));
}

TEST_F(KeptBodyTest, EachRequestHasItsOwnBody) {
  RawClient client(server_);

  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_to_end();

  EXPECT_THAT(answers, HasSubstr("POST<abc>"));
  EXPECT_THAT(answers, HasSubstr("GET<>"));
  EXPECT_THAT(answers, EndsWith("POST<>"));
}

TEST_F(KeptBodyTest, AClientThatWaitsToBeAskedIsAskedForAnyMethod) {
  RawClient client(server_);

  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  const std::string interim = client.read_until("\r\n\r\n");
  client.send("abc");

  EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(client.read_until(">"), EndsWith("POST<abc>"));
}

TEST_F(KeptBodyTest, ABodyOfTheLimitIsTakenAndALargerOneRefusedWithoutBeingAskedFor) {
  RawClient fitting(server_);
  RawClient announced(server_);
  RawClient chunked(server_);

  fitting.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789");
  announced.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  chunked.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "a\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n");

  EXPECT_THAT(fitting.read_until(">"), EndsWith("POST<0123456789>"));
  EXPECT_THAT(announced.read_to_end(), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(chunked.read_to_end(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(KeptBodyTest, ABodyThatIsMalformedEndsEarlyOrStallsIsRefused) {
  RawClient malformed(server_);
  RawClient ended(server_);
  RawClient stalled(server_);

  malformed.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  ended.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  ended.end();
  stalled.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");

  EXPECT_THAT(malformed.read_to_end(), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ended.read_to_end(), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(stalled.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST(ConnectionTest, AListenerThatDropsBodiesShowsNoneOfThem) {
  TestServer server;
  server.handler.respond = [](const Request& request) {
    Response response;
    response.status = 200;
    response.body = "<" + std::string(request.body) + ">";
    return response;
  };
  RawClient client(server);

  client.send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");

  EXPECT_THAT(client.read_to_end(), EndsWith("<>"));
}

TEST(ConnectionTest, ADrainEndsIdleConnectionsAndTheListener) {
  TestServer server;
  RawClient client(server);
  client.send(kGet);
  client.read_until("hello");

  server.drain();

  EXPECT_EQ(client.read_to_end(), "");
}

TEST(ConnectionTest, AClientThatLeavesIsReportedOnce) {
  TestServer server;
  Recorder::Record record;
  server.handler.respond = [&](const Request&) {
    Response response = streamed(std::vector<std::string>(4096, std::string(65536, 'x')),
                                 Pieces::End::kWhole, std::uint64_t{4096} * 65536);
    response.observer = std::make_unique<Recorder>(record);
    return response;
  };
  {
    RawClient client(server);
    client.send(kGet);
    client.read_until("xxxx");
  }
  while (server.connections() > 0) std::this_thread::yield();

  EXPECT_EQ(record.calls, 1);
  EXPECT_EQ(record.outcome, ResponseObserver::Outcome::kClientGone);
}

TEST(ConnectionTest, ASlowReaderIsCutWhenItStalls) {
  Options options;
  options.timeouts.write_stall = 50ms;
  TestServer server(options);
  server.handler.respond = [](const Request&) {
    return streamed(std::vector<std::string>(4096, std::string(65536, 'x')), Pieces::End::kWhole,
                    std::uint64_t{4096} * 65536);
  };
  RawClient client(server);
  client.send(kGet);
  client.read_until("\r\n\r\n");  // Before it there may be no connection to wait for.

  while (server.connections() > 0) std::this_thread::yield();

  EXPECT_LT(client.read_to_end().size(), std::size_t{4096} * 65536);
}

}  // namespace
}  // namespace yatagarasu::server
